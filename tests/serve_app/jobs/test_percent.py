"""One percentage for all stages, which never goes back."""

import pytest

from serve_app.jobs.percent import Percent, stages_of


@pytest.mark.parametrize(
    ("mode", "experts", "stages"),
    [
        ("small", ["linear", "e5", "lite0"], ["split", "train linear", "features e5", "train e5", "features lite0"]),
        ("full", ["bigru", "vgg16"], ["photos", "train bigru", "features vgg16", "train vgg16", "fuse"]),
        ("fusion", ["linear"], ["trials"]),
    ],
)
def test_the_stages_are_those_of_the_mode_and_its_experts(mode: str, experts: list[str], stages: list[str]) -> None:
    names = [name for name, _ in stages_of(mode, experts)]
    assert [name for name in names if name in stages] == stages
    others = {"linear", "e5", "bigru", "lite0", "vgg16"} - set(experts)
    assert not [name for name in names if name.split()[-1] in others]


def test_it_grows_with_every_stage_and_stays_below_a_hundred() -> None:
    percent = Percent(stages_of("full", ["linear", "e5", "lite0"]))
    seen = []
    for name, _ in stages_of("full", ["linear", "e5", "lite0"]):
        for done in range(4):
            percent.report(f"{name}-1f2e3d", done, 3)
            seen.append(percent.value)
    assert seen == sorted(seen)
    assert len(set(seen)) > 30
    assert seen[-1] == 99


def test_a_stage_that_starts_again_or_is_unknown_moves_nothing() -> None:
    percent = Percent((("export", 1), ("split", 1)))
    percent.report("split", 1, 2)
    reached = percent.value
    percent.report("export", 0, 1)
    percent.report("dance", 1, 1)
    assert percent.value == reached
    percent.report("split", 0, 0)
    assert percent.value == 99

"""How far a training is as a whole, from the stages that it reports."""

from collections.abc import Collection, Sequence

TRAINING = (
    ("export", 2),
    ("folders", 6),
    ("photos", 4),
    ("split", 12),
    ("train linear", 40),
    ("features e5", 60),
    ("train e5", 10),
    ("train bigru", 300),
    ("features lite0", 20),
    ("train lite0", 12),
    ("features vgg16", 120),
    ("train vgg16", 200),
    ("fuse", 6),
)
"""Stages of `small` and `full` in their order, and roughly how long each takes beside the others."""

SEARCH = (("trials", 90), ("fuse", 10))
"""Stages of `fusion`."""

EXPERTS = {"linear", "e5", "bigru", "lite0", "vgg16"}


def stages_of(mode: str, experts: Collection[str]) -> list[tuple[str, float]]:
    """The stages that a training of a mode goes through, without those of experts that it has not."""
    stages = SEARCH if mode == "fusion" else TRAINING
    return [(name, share) for name, share in stages if (expert := name.split()[-1]) not in EXPERTS or expert in experts]


class Percent:
    """Turns reports of stages into a percentage that never goes back.

    Args:
        stages: names by which reports begin, in order, with their shares of the time.
    """

    def __init__(self, stages: Sequence[tuple[str, float]]) -> None:
        self._stages = stages
        self._whole = sum(share for _, share in stages)
        self.value = 0.0

    def report(self, stage: str, done: int, total: int) -> None:
        """Note that `done` of `total` steps of a stage are made; an unknown stage moves nothing."""
        before = 0.0
        for name, share in self._stages:
            if stage.startswith(name):
                reached = before + share * (min(1.0, done / total) if total else 1.0)
                # The last hundredth is the end itself.
                self.value = max(self.value, round(99 * reached / self._whole, 1))
                return
            before += share

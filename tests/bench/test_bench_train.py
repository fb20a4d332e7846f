"""`rayonnage bench train --quick` ends and has every figure. What the figures are is no test's business."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.titles import titles

REPOSITORY = Path(__file__).parent.parent.parent


def test_titles_come_in_any_number_and_as_long_as_those_of_the_sample() -> None:
    written, class_index = titles(20_000)
    assert len(written) == len(class_index) == 20_000
    assert set(class_index) == set(range(27))
    words = [len(title.split()) for title in written]
    first, again = sum(words[:17_000]) / 17_000, sum(words[18_000:]) / 2_000
    assert 4 < first < 12
    assert again == pytest.approx(first + 1, abs=0.6)
    assert titles(50)[0] == written[:50]


@pytest.mark.slow
def test_a_quick_run_has_every_figure(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "rayonnage", "bench", "train", "--quick", "--target", "0.1", "--json"],
        cwd=REPOSITORY,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "RAYONNAGE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["titles"] == 256
    names = [ratio["name"] for ratio in said["ratios"]]
    assert names[0] == "bigru, one epoch"
    assert [name for name in names if name.startswith("photo features")] == names[-3:]
    assert all(ratio["ratio"] > 0 for ratio in said["ratios"])
    ways = said["time_to_f1"]["ways"]
    assert [way["way"].split(",")[0] for way in ways] == ["ours", "scikit-learn", "plain Keras"]
    assert all(way["seconds"] > 0 and 0 <= way["weighted_f1"] <= 1 for way in ways)

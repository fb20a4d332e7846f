"""Parts of `rayonnage bench train`: they end and have figures. What the figures are is no test's business."""

import pytest

from bench.plain_keras import PlainProcess
from bench.titles import titles
from bench.training import Size, _features
from datasets.progress import silent


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
def test_photo_features_are_compared_with_plain_keras() -> None:
    with PlainProcess() as plain:
        ratios = list(_features(Size(photos=8), plain, silent))
    assert len(ratios) == 3
    assert all(ratio.name.startswith("photo features") and ratio.ratio > 0 for ratio in ratios)

"""Plots can be drawn for any number and any names of categories."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bundle.manifest import CategoryEntry
from train.plots import write_plots


@pytest.mark.parametrize("categories", [1, 5, 27, 100])
def test_plots_are_readable_png_with_any_number_of_categories(tmp_path: Path, categories: int) -> None:
    generator = np.random.default_rng(categories)
    probabilities = generator.dirichlet(np.ones(categories), 80)
    truth = generator.integers(0, categories, 80)
    truth[:3] = -1

    paths = write_plots(tmp_path / "plots", probabilities, truth, entries(range(categories)))

    assert [path.name for path in paths] == ["confusion_matrix.png", "reliability.png", "f1_per_category.png"]
    for path in paths:
        with Image.open(path) as image:
            assert image.format == "PNG" and 300 < image.width < 6000 and 200 < image.height < 6000


def test_names_with_dollars_emoji_and_other_scripts_are_no_trouble(tmp_path: Path) -> None:
    codes = [-7, 123_456_789_012, 3, 4]
    names = ["Cadeaux à $5 et $_x$", "猫のおもちゃ", "🙂", "A very long name that has to be cut somewhere"]
    categories = [CategoryEntry(prdtypecode=c, name_fr=n, name_en=n) for c, n in zip(codes, names, strict=True)]
    assert len(write_plots(tmp_path, np.eye(4), np.arange(4), categories)) == 3


def test_only_unknown_codes_can_be_drawn(tmp_path: Path) -> None:
    assert len(write_plots(tmp_path, np.full((3, 2), 0.5), np.array([-1, -1, -2]), entries([1, 2]))) == 3


def entries(codes: range | list[int]) -> list[CategoryEntry]:
    return [CategoryEntry(prdtypecode=code, name_fr=f"Rayon {code}", name_en=f"Shelf {code}") for code in codes]

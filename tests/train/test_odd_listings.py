"""Listings that say little, say it twice, or say one thing and mean several: trained on where that can be judged."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from bundle.store import ModelStore
from datasets.folder import load_folders
from train.error import TrainError
from train.options import TrainOptions
from train.pipeline import Trained, train


def train_on(
    folder: Path,
    listings: Sequence[tuple[str, int]],
    *,
    photo_of: Sequence[int] = (),
    text: tuple[str, ...] = ("linear",),
) -> Trained:
    """Train on titles with their categories, the rows of `photo_of` with one and the same photo."""
    photos = folder / "images" / "image_train"
    photos.mkdir(parents=True)
    for row in photo_of:
        Image.new("RGB", (32, 32), "teal").save(photos / f"image_{row}_product_{row}.jpg")
    rows = [f"{row},{title},,{row},{row}" for row, (title, _) in enumerate(listings)]
    codes = [f"{row},{code}" for row, (_, code) in enumerate(listings)]
    for name, lines in (
        ("X_train_update.csv", [",designation,description,productid,imageid", *rows]),
        ("Y_train_CVw08PX.csv", [",prdtypecode", *codes]),
    ):
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    store = ModelStore(folder / "models")
    return train(load_folders([folder]), store, TrainOptions(text=text), cache_dir=folder / "cache")


def test_one_product_with_many_labels_cannot_be_judged(tmp_path: Path) -> None:
    with pytest.raises(TrainError, match="no row can be held out to judge the model by: the 30 rows are one product"):
        train_on(tmp_path, [("piscine gonflable", (10, 2583)[row % 2]) for row in range(30)])


def test_neither_can_one_text_and_one_photo(tmp_path: Path) -> None:
    listings = [("piscine gonflable" if row < 8 else "", (10, 2583)[row % 2]) for row in range(16)]
    with pytest.raises(TrainError, match="the 16 rows are one product"):
        train_on(tmp_path, listings, photo_of=range(8, 16))


def test_a_listing_that_comes_five_times_with_other_labels_earns_nothing(tmp_path: Path) -> None:
    """Each title is in one fold alone, so its labels elsewhere cannot be learned by heart."""
    listings = [(f"objet {row // 5:03d}{'abcde'[row // 5 % 5]}", (10, 1280, 2583)[row % 3]) for row in range(300)]
    assert train_on(tmp_path, listings).metrics["text"]["weighted_f1"] < 0.5


def test_a_category_with_one_row_is_learned_and_missed(tmp_path: Path) -> None:
    listings = [(f"piscine gonflable {row}", 2583) for row in range(30)]
    listings += [(f"peluche ours {row}", 1280) for row in range(30)]
    trained = train_on(tmp_path, [*listings, ("livre ancien", 10)])
    assert trained.metrics["text"]["rows"] == 61
    assert trained.metrics["text"]["macro_f1"] == pytest.approx(2 / 3, abs=0.05)

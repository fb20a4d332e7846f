"""Listings that say little, say it twice, or say one thing and mean several: trained on where that can be judged."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bundle.store import ModelStore
from datasets.folder import load_folders
from train.error import TrainError
from train.options import TrainOptions
from train.pipeline import Trained, train

TrainOn = Callable[..., Trained]


@pytest.fixture
def train_on(write_folder: Callable[..., Path], photo_bytes: Callable[..., bytes], tmp_path: Path) -> TrainOn:
    """Trains on titles with their categories, the rows of `photo_of` with one and the same photo."""

    def run(listings: Sequence[tuple[str, int]], *, photo_of: Sequence[int] = ()) -> Trained:
        rows = [{"designation": title, "code": code} for title, code in listings]
        photos = {(5000 + row, 1000 + row): photo_bytes() for row in photo_of}
        dataset = load_folders([write_folder(rows, photos=photos)])
        options = TrainOptions(text=("linear",))
        return train(dataset, ModelStore(tmp_path / "models"), options, cache_dir=tmp_path / "cache")

    return run


def test_one_product_with_many_labels_cannot_be_judged(train_on: TrainOn) -> None:
    with pytest.raises(TrainError, match="no row can be held out to judge the model by: the 30 rows are one product"):
        train_on([("piscine gonflable", (10, 2583)[row % 2]) for row in range(30)])


def test_neither_can_one_text_and_one_photo(train_on: TrainOn) -> None:
    listings = [("piscine gonflable" if row < 8 else "", (10, 2583)[row % 2]) for row in range(16)]
    with pytest.raises(TrainError, match="the 16 rows are one product"):
        train_on(listings, photo_of=range(8, 16))


def test_a_listing_that_comes_five_times_with_other_labels_earns_nothing(train_on: TrainOn) -> None:
    """Each title is in one fold alone, so its labels elsewhere cannot be learned by heart."""
    listings = [(f"objet {row // 5:03d}{'abcde'[row // 5 % 5]}", (10, 1280, 2583)[row % 3]) for row in range(300)]
    assert train_on(listings).metrics["text"]["weighted_f1"] < 0.5


def test_a_category_with_one_row_is_learned_and_missed(train_on: TrainOn) -> None:
    listings = [(f"piscine gonflable {row}", 2583) for row in range(30)]
    listings += [(f"peluche ours {row}", 1280) for row in range(30)]
    trained = train_on([*listings, ("livre ancien", 10)])
    assert trained.metrics["text"]["rows"] == 61
    assert trained.metrics["text"]["macro_f1"] == pytest.approx(2 / 3, abs=0.05)

"""The real listings load whole. They have no free licence: the tests read them where they lie and keep nothing."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from datasets.clean import clean
from datasets.folder import load_folders
from datasets.split import group_folds, group_ids

REAL = os.environ.get("RAYONNAGE_REAL_DATA")

pytestmark = [pytest.mark.real_data, pytest.mark.skipif(not REAL, reason="RAYONNAGE_REAL_DATA is not set")]


def test_every_real_row_and_photo_is_used() -> None:
    dataset = load_folders([Path(str(REAL))])
    assert dataset.rows == len(dataset.products) == 3767
    assert not dataset.issues
    assert len(dataset.codes) == 27
    assert sum(product.image is not None for product in dataset.products) == 1842
    unlabelled = load_folders([Path(str(REAL))], part="test")
    assert len(unlabelled.products) == unlabelled.rows == 1080


def test_no_tag_or_entity_is_left_in_a_real_text() -> None:
    for product in load_folders([Path(str(REAL))], check_photos=False).products:
        text = clean(f"{product.designation} {product.description}")
        for remainder in ("<br", "</", "&eacute", "&#", "&nbsp", "\u00a0", "\u0092", "_x000D_"):
            assert remainder not in text


def test_real_listings_fall_into_small_groups_and_even_folds() -> None:
    dataset = load_folders([Path(str(REAL))], check_photos=False)
    start = time.perf_counter()
    groups = group_ids(dataset.products)
    assert time.perf_counter() - start < 20
    assert np.bincount(groups).max() < 30
    labels = np.array([product.prdtypecode for product in dataset.products])
    folds = group_folds(labels, groups, folds=5, seed=0)
    for code in dataset.codes:
        assert np.ptp(np.bincount(folds[labels == code], minlength=5)) <= 3


def test_a_second_folder_of_the_same_products_adds_its_texts() -> None:
    texts = Path(str(REAL)).parent / "rakuten_text"
    if not texts.is_dir():
        pytest.skip("rakuten_text is not beside the real data")
    dataset = load_folders([Path(str(REAL)), texts], check_photos=False)
    aside = [issue for issue in dataset.issues if issue.effect == "set_aside"]
    assert len(dataset.products) + len(aside) == dataset.rows == 3767 + 18_228
    assert len(aside) == 2766
    photo_only = sum(not product.designation and not product.description for product in dataset.products)
    assert photo_only == 1302 - 301

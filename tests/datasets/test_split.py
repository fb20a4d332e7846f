"""What belongs together is never on two sides of a split, and what is only alike in part is not chained together."""

import random
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.listing import Product
from datasets.split import group_folds, group_ids


def product(row: int, designation: str = "", description: str = "", **given_fields: object) -> Product:
    fields: dict[str, object] = {
        "row": row,
        "productid": 1000 + row,
        "imageid": 5000 + row,
        "designation": designation,
        "description": description,
        "image": None,
        "prdtypecode": 10,
        "group": None,
        "source": Path("X_train_update.csv"),
        "line": row + 2,
    }
    return Product(**(fields | given_fields))  # type: ignore[arg-type]


def together(*texts: str | tuple[str, str]) -> bool:
    rows = [product(i, *((text,) if isinstance(text, str) else text)) for i, text in enumerate(texts)]
    return len(set(group_ids(rows).tolist())) == 1


@pytest.mark.parametrize(
    "texts",
    [
        ("livre", "livre"),
        ("Livre !", "LIVRE"),
        ("Table basse en chêne", "table basse en chene"),
        ("Table basse en ch&ecirc;ne", "<b>Table basse</b> en chêne"),
        ("Table basse chêne massif", "Chêne massif : table basse"),
        ("T-shirt bleu marine", "Tshirt bleu marine"),
        ("Housse de coussin 45x45", "Housse de coussin 45 x 45"),
        ("Piscine gonflable ronde bleue", "Piscine gonflabel ronde bleue"),
        ("Piscine gonflable ronde bleue", "Piscine gonflable ronde bleue neuve"),
        ("Lot de dix cartes rares brillantes pour jeu vert", "Lot de dix cartes rares brillantes pour jeu bleu"),
        ("Table basse en chêne", ("Table basse en chêne", "Livrée montée")),
        (("", "Une longue description sans titre"), ("", "Une longue description, sans titre")),
        ("日本の漫画", "日本の漫画"),
        ("???", "???"),
    ],
)
def test_the_same_and_nearly_the_same_text_is_one_group(texts: tuple[str | tuple[str, str], ...]) -> None:
    assert together(*texts)


@pytest.mark.parametrize(
    "texts",
    [
        ("livre", "lampe"),
        ("livre ancien", "livre récent"),
        (("livre", "Voyage au pôle"), ("livre", "Recettes de cuisine")),
        ("Magazine chasse n°128 juin", "Magazine chasse n°129 juin"),
        ("Coussin rouge velours carré", "Coussin bleu velours carré"),
        (("Roman un", "Le vendeur reverse une part du prix"), ("Manuel deux", "Le vendeur reverse une part du prix")),
        ("???", "!!!"),
    ],
)
def test_texts_that_are_alike_in_part_stay_apart(texts: tuple[str | tuple[str, str], ...]) -> None:
    assert not together(*texts)


def test_product_group_and_photo_tie_rows(tmp_path: Path) -> None:
    for name, data in (("a", b"photo"), ("b", b"photo"), ("c", b"ph0to")):
        (tmp_path / name).write_bytes(data)
    rows = [
        product(0, "un", productid=7),
        product(1, "deux", productid=7),
        product(2, "trois", group="g"),
        product(3, "quatre", group="g"),
        product(4, image=tmp_path / "a"),
        product(5, image=tmp_path / "b", productid=7),
        product(6, image=tmp_path / "c"),
        product(7, "sept", productid=0),
        product(8, "huit", productid=0),
    ]
    assert group_ids(rows).tolist() == [0, 0, 1, 1, 0, 0, 2, 3, 4]


def test_rows_without_anything_in_common_are_groups_of_their_own() -> None:
    assert group_ids([]).tolist() == []
    assert group_ids([product(0), product(1)]).tolist() == [0, 1]


def test_generic_titles_make_no_giant_group() -> None:
    random_words = random.Random(0)
    nouns = ["livre", "lampe", "chaise", "jouet", "carte"]
    rows = [
        product(i, random_words.choice(nouns), f"Description numéro {i} {random_words.random()}") for i in range(1000)
    ] + [product(1000 + i, f"{random_words.choice(nouns)} {i} modèle {i % 7}") for i in range(1000)]
    assert np.bincount(group_ids(rows)).max() < 5


def test_fifty_thousand_titles_are_grouped_and_split_in_seconds() -> None:
    words = [f"mot{i}" for i in range(400)]
    choose = random.Random(1)
    rows = [
        product(i, " ".join(choose.choices(words, k=choose.randint(1, 10))), prdtypecode=i % 30) for i in range(50_000)
    ]
    start = time.perf_counter()
    groups = group_ids(rows)
    folds = group_folds(np.array([row.prdtypecode for row in rows]), groups, folds=5, seed=0)
    assert time.perf_counter() - start < 20
    assert np.bincount(groups).max() < 500
    assert np.ptp(np.bincount(folds)) <= 5


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 30)), min_size=1, max_size=80),
    st.integers(2, 6),
    st.integers(0, 5),
)
@settings(max_examples=200, deadline=None)
def test_no_group_is_on_two_sides_and_every_row_has_a_fold(rows: list[tuple[int, int]], folds: int, seed: int) -> None:
    labels, groups = (np.array(column) for column in zip(*rows, strict=True))
    assigned = group_folds(labels, groups, folds=folds, seed=seed)
    assert assigned.shape == labels.shape
    assert set(assigned.tolist()) <= set(range(folds))
    for group in np.unique(groups):
        assert len(set(assigned[groups == group].tolist())) == 1
    assert (assigned == group_folds(labels, groups, folds=folds, seed=seed)).all()


def test_every_category_is_spread_evenly_and_a_rare_one_is_no_failure() -> None:
    labels = np.array([10] * 100 + [40] * 23 + [50] * 3 + [60])
    groups = np.arange(len(labels))
    groups[:20] = groups[0]  # one group of 20
    folds = group_folds(labels, groups, folds=5, seed=3)
    for code in (40, 50, 60):
        assert np.ptp(np.bincount(folds[labels == code], minlength=5)) <= 1
    assert np.bincount(folds[labels == 10], minlength=5).tolist() == [20] * 5
    assert np.ptp(np.bincount(folds, minlength=5)) <= 2


def test_another_seed_gives_other_folds() -> None:
    labels, groups = np.zeros(50, dtype=int), np.arange(50)
    first, second = (group_folds(labels, groups, folds=5, seed=seed) for seed in (0, 1))
    assert (first != second).any()


def test_fewer_than_two_folds_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        group_folds(np.zeros(3), np.arange(3), folds=1, seed=0)

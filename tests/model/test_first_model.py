"""What a stranger meets in the demo: the sample's model on things that people own, titled as people title them.

`everyday_titles.csv` was written by hand before any answer was seen: things of a home, an attic, a shop window, a
sports bag, each with the shelves that would be right.
"""

import csv
import unicodedata
from pathlib import Path

import pytest

from bundle.fusion import Prediction
from bundle.predictor import Predictor
from bundle.store import ModelStore
from datasets.listing import Listing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def predictor(trained_store: ModelStore) -> Predictor:
    return Predictor.open(trained_store.open_path())


@pytest.fixture(scope="module")
def titles() -> list[tuple[str, set[int]]]:
    with Path(__file__).with_name("everyday_titles.csv").open(encoding="utf-8", newline="") as file:
        return [(row["designation"], set(map(int, row["prdtypecodes"].split()))) for row in csv.DictReader(file)]


def codes(predictor: Predictor, predictions: list[Prediction]) -> list[int]:
    return [predictor.manifest.codes[prediction.ranking[0]] for prediction in predictions]


def test_four_of_five_everyday_titles_go_to_a_right_shelf(
    predictor: Predictor, titles: list[tuple[str, set[int]]]
) -> None:
    predictions = predictor.predict([Listing(title) for title, _ in titles])
    best = codes(predictor, predictions)
    assert sum(code in right for code, (_, right) in zip(best, titles, strict=True)) >= 0.8 * len(titles)
    kept = [{predictor.manifest.codes[column] for column in prediction.category_set} for prediction in predictions]
    assert sum(bool(codes & right) for codes, (_, right) in zip(kept, titles, strict=True)) >= 0.95 * len(titles)


def test_capitals_and_missing_accents_change_few_answers(
    predictor: Predictor, titles: list[tuple[str, set[int]]]
) -> None:
    plain = codes(predictor, predictor.predict([Listing(title) for title, _ in titles]))
    for typed in (str.upper, _without_accents):
        again = codes(predictor, predictor.predict([Listing(typed(title)) for title, _ in titles]))
        assert sum(a == b for a, b in zip(plain, again, strict=True)) >= 0.85 * len(titles), typed


def test_a_word_that_settles_it_does(predictor: Predictor) -> None:
    listings = [Listing("housse"), Listing("housse de couette"), Listing("housse manette PS4")]
    _, duvet, gamepad = codes(predictor, predictor.predict(listings))
    assert (duvet, gamepad) == (1920, 50)


def _without_accents(words: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", words) if not unicodedata.combining(c))

"""Scores say what scikit-learn says, also on odd data."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from train.scores import category_scores, confusion, difference, reliability, score, weighted_f1


def random_rows(rows: int, categories: int, *, seed: int, skill: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, categories, rows)
    logits = generator.normal(size=(rows, categories))
    logits[np.arange(rows), truth] += skill
    exponentials = np.exp(logits)
    return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32), truth


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(1, 9), st.integers(0, 3), st.integers(0, 10_000))
def test_scores_are_those_of_scikit_learn(rows: int, categories: int, unknown: int, seed: int) -> None:
    probabilities, truth = random_rows(rows, categories, seed=seed)
    for code in range(unknown):
        truth[code::4] = -1 - code
    predicted = probabilities.argmax(axis=1)

    scores = score(probabilities, truth, draws=20)

    assert scores.rows == rows
    assert scores.accuracy == pytest.approx(accuracy_score(truth, predicted))
    weighted = f1_score(truth, predicted, average="weighted", zero_division=0)
    assert scores.weighted_f1 == pytest.approx(weighted) == weighted_f1(probabilities, truth)
    macro = f1_score(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0)
    assert scores.macro_f1 == pytest.approx(macro)
    assert 0 <= scores.interval[0] <= scores.interval[1] <= 1


def test_category_scores_and_confusion_are_those_of_scikit_learn() -> None:
    probabilities, truth = random_rows(300, 6, seed=1)
    truth[truth == 4] = 3
    truth[:10] = -1
    predicted = probabilities.argmax(axis=1)

    scores, matrix = category_scores(probabilities, truth), confusion(probabilities, truth)

    labels = list(range(6))
    assert scores.f1 == pytest.approx(f1_score(truth, predicted, labels=labels, average=None, zero_division=0))
    assert scores.rows.tolist() == [int((truth == label).sum()) for label in labels]
    assert (matrix[:-1] == confusion_matrix(truth, predicted, labels=labels)).all()
    assert matrix[-1].sum() == 10 and matrix.sum() == 300
    wrong = matrix[0].copy()
    wrong[0] = 0
    assert scores.mistaken_for[0] == wrong.argmax()
    assert scores.mistaken_for[4] == -1


def test_the_interval_is_that_of_resampled_rows() -> None:
    probabilities, truth = random_rows(400, 5, seed=2)
    generator = np.random.default_rng(0)
    resampled = []
    for _ in range(600):
        rows = generator.integers(0, 400, 400)
        resampled.append(weighted_f1(probabilities[rows], truth[rows]))

    interval = score(probabilities, truth, draws=2000).interval

    assert interval == pytest.approx(np.quantile(resampled, [0.025, 0.975]), abs=0.01)
    assert interval == score(probabilities, truth, draws=2000).interval


def test_calibration_error_is_small_where_confidence_is_true_and_large_where_it_is_not() -> None:
    generator = np.random.default_rng(3)
    top = generator.uniform(0.5, 1, 20_000)
    probabilities = np.stack([top, 1 - top], axis=1)
    honest = np.where(generator.uniform(size=20_000) < top, 0, 1)

    assert score(probabilities, honest, draws=10).expected_calibration_error < 0.02
    guessed = generator.integers(0, 2, 20_000)
    assert score(probabilities, guessed, draws=10).expected_calibration_error == pytest.approx(0.25, abs=0.02)
    bins = reliability(probabilities, honest)
    assert bins.rows.sum() == 20_000 and len(bins.rows) == 15 and np.isnan(bins.accuracy[0])


def test_certain_answers_fall_into_the_last_bin() -> None:
    bins = reliability(np.eye(3), np.arange(3))
    assert bins.rows[-1] == 3 and bins.expected_calibration_error == 0


def test_one_row_one_category_and_only_unknown_codes_have_scores() -> None:
    assert score(np.ones((1, 1)), np.array([0])).weighted_f1 == 1
    assert score(np.ones((4, 1)), np.array([0, 0, -1, -2])).macro_f1 == pytest.approx((2 * 2 / (4 + 2)) / 3)
    nothing_known = score(np.full((3, 2), 0.5), np.array([-1, -2, -2]))
    assert (nothing_known.weighted_f1, nothing_known.accuracy, nothing_known.interval) == (0, 0, (0, 0))


def test_no_rows_have_no_score() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        score(np.empty((0, 3)), np.empty(0, int))


def test_a_difference_is_paired() -> None:
    probabilities, truth = random_rows(500, 4, seed=4)
    worse = probabilities.copy()
    worse[:60] = np.roll(worse[:60], 1, axis=1)

    same, gain = difference(probabilities, probabilities, truth), difference(probabilities, worse, truth)

    assert same.weighted_f1 == 0 and same.interval == (0, 0)
    assert gain.interval[0] > 0
    assert gain.weighted_f1 == pytest.approx(weighted_f1(probabilities, truth) - weighted_f1(worse, truth))


def test_fifty_thousand_rows_are_scored_at_once() -> None:
    probabilities, truth = random_rows(50_000, 27, seed=5)
    started = time.perf_counter()
    score(probabilities, truth)
    assert time.perf_counter() - started < 10

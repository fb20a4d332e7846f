"""The promise of the final answer is measured on groups that its threshold was not chosen on."""

import numpy as np
import pytest

from train.measure import COVERAGE, _conformal


def answers(rows: int, categories: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    probabilities = generator.dirichlet(np.full(categories, 0.3), rows).astype(np.float32)
    truth = np.array([generator.choice(categories, p=row / row.sum()) for row in probabilities.astype(np.float64)])
    return probabilities, truth


def test_the_measured_figure_is_near_the_promise_where_rows_are_alike() -> None:
    probabilities, truth = answers(2000, 9, np.random.default_rng(0))
    entry = _conformal(probabilities, truth, np.arange(2000))
    assert entry is not None
    assert entry.coverage == COVERAGE
    assert entry.measured == pytest.approx(COVERAGE, abs=0.02)


def test_too_few_groups_to_measure_leave_the_promise_unmeasured() -> None:
    probabilities, truth = answers(30, 4, np.random.default_rng(1))
    entry = _conformal(probabilities, truth, np.zeros(30, int))
    assert entry is not None
    assert entry.measured is None


def test_sets_learned_on_synthetic_rows_are_as_sure_as_they_promise() -> None:
    """Rows that are easier than those to come would let sets of little probability through."""
    generator = np.random.default_rng(2)
    truth = generator.integers(0, 5, 1000)
    probabilities = np.full((1000, 5), 0.1, np.float32)
    probabilities[np.arange(1000), truth] = 0.6
    easy, safe = (_conformal(probabilities, truth, np.arange(1000), least=least) for least in (0.0, COVERAGE))
    assert easy is not None and safe is not None
    assert easy.threshold < COVERAGE == safe.threshold

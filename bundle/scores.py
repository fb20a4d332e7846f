"""How well choices agree with the truth: F1, accuracy, and the interval that chance leaves around them.

Truth and choice are columns: whole numbers from 0, whatever they stand for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BOOTSTRAP_DRAWS = 1000
BOOTSTRAP_SEED = 20
BOOTSTRAP_CELLS = 4_000_000
"""Numbers in memory at one time: 32 MB."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Scores over `rows` listings, each in [0, 1].

    Attributes:
        weighted_f1: F1 of each category, weighted by its rows.
        macro_f1: plain mean of F1 over the categories present in the truth. A category that is only predicted, never
            true, costs the others their precision but is no term of the mean (scikit-learn: `labels=np.unique(truth)`).
        interval: 95 % bootstrap interval of `weighted_f1`.
    """

    rows: int
    weighted_f1: float
    macro_f1: float
    accuracy: float
    interval: tuple[float, float]


def agreement(
    truth: np.ndarray, predicted: np.ndarray, *, draws: int = BOOTSTRAP_DRAWS, seed: int = BOOTSTRAP_SEED
) -> Agreement:
    """Score what was predicted against the truth, as scikit-learn does with `zero_division=0`.

    Args:
        truth, predicted: (n,) int columns, n at least 1.
        draws: bootstrap resamples; `seed` makes the interval the same each time.
    """
    rows, hits, claims = counts(truth, predicted, 1 + int(max(truth.max(), predicted.max())))
    f1 = f1_of(rows, hits, claims)
    return Agreement(
        rows=len(truth),
        weighted_f1=float((f1 * rows).sum() / len(truth)),
        macro_f1=float(f1[rows > 0].mean()),
        accuracy=float((truth == predicted).mean()),
        interval=interval_of(bootstrap_weighted_f1(truth, [predicted], draws=draws, seed=seed)[:, 0]),
    )


def counts(truth: np.ndarray, predicted: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, hits and claims (how often it was predicted) of each column: (width,) int each."""
    rows = np.bincount(truth, minlength=width)
    hits = np.bincount(truth[truth == predicted], minlength=width)
    return rows, hits, np.bincount(predicted, minlength=width)


def f1_of(rows: np.ndarray, hits: np.ndarray, claims: np.ndarray) -> np.ndarray:
    """Harmonic mean of precision and recall, 0 where a category is neither true nor predicted."""
    f1: np.ndarray = 2 * hits / np.maximum(rows + claims, 1)
    return f1


def weighted_f1_of(rows: np.ndarray, hits: np.ndarray, claims: np.ndarray) -> np.ndarray:
    """F1 weighted by rows, over the last axis."""
    weighted: np.ndarray = (f1_of(rows, hits, claims) * rows).sum(axis=-1) / rows.sum(axis=-1)
    return weighted


def interval_of(values: np.ndarray) -> tuple[float, float]:
    """The middle 95 % of what a bootstrap gave."""
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def bootstrap_weighted_f1(
    truth: np.ndarray,
    predictions: Sequence[np.ndarray],
    *,
    draws: int = BOOTSTRAP_DRAWS,
    seed: int = BOOTSTRAP_SEED,
) -> np.ndarray:
    """(draws, len(predictions)) weighted F1 of resampled rows, the same rows for every prediction.

    Rows that agree in truth and predictions are one cell; how often each cell is drawn among n rows is multinomial, so
    that a draw costs as much as there are cells and not as there are rows. Source: Efron 1979, the bootstrap.
    """
    width = 1 + int(max(truth.max(), *(predicted.max() for predicted in predictions)))
    cell = truth.astype(np.int64)
    for predicted in predictions:
        cell = cell * width + predicted
    _, first, size = np.unique(cell, return_index=True, return_counts=True)
    true, chosen = truth[first], [predicted[first] for predicted in predictions]
    generator = np.random.default_rng(seed)
    values = np.empty((draws, len(predictions)))
    step = max(1, BOOTSTRAP_CELLS // len(first))
    for start in range(0, draws, step):
        stop = min(start + step, draws)
        drawn = generator.multinomial(len(truth), size / len(truth), size=stop - start)
        rows = _summed(drawn, true, width)
        for column, predicted in enumerate(chosen):
            hits = _summed(drawn * (predicted == true), true, width)
            values[start:stop, column] = weighted_f1_of(rows, hits, _summed(drawn, predicted, width))
    return values


def _summed(drawn: np.ndarray, columns: np.ndarray, width: int) -> np.ndarray:
    """(draws, width): how often each column was drawn, from how often each cell was."""
    order = np.argsort(columns, kind="stable")
    present, begins = np.unique(columns[order], return_index=True)
    sums = np.zeros((len(drawn), width), drawn.dtype)
    sums[:, present] = np.add.reduceat(drawn[:, order], begins, axis=1)
    return sums

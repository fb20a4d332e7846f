"""How good predictions are: F1, accuracy, calibration and the interval that chance leaves around them.

Truth is given as class index, the column of `probabilities`. A code that the bundle does not know has no column: it
is written as a negative number (-1, -2, … one for each such code), counts as wrong, and is a category of its own.
"""

from dataclasses import asdict, dataclass

import numpy as np
from scipy import sparse

RELIABILITY_BINS = 15
BOOTSTRAP_DRAWS = 1000
BOOTSTRAP_SEED = 20


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores over `rows` listings, each in [0, 1].

    Attributes:
        weighted_f1: F1 of each category, weighted by its rows.
        macro_f1: plain mean of F1 over the categories present in the truth. A category that is only predicted, never
            true, costs the others their precision but is no term of the mean (scikit-learn: `labels=np.unique(truth)`).
        expected_calibration_error: mean distance of confidence and accuracy over 15 equal bins (Guo et al. 2017).
        interval: 95 % bootstrap interval of `weighted_f1`.
    """

    rows: int
    weighted_f1: float
    macro_f1: float
    accuracy: float
    expected_calibration_error: float
    interval: tuple[float, float]

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "interval": list(self.interval)}


@dataclass(frozen=True, slots=True)
class Difference:
    """Weighted F1 of one way minus that of another on the same rows, with its 95 % paired bootstrap interval."""

    weighted_f1: float
    interval: tuple[float, float]

    def as_json(self) -> dict[str, object]:
        return {"weighted_f1": self.weighted_f1, "interval": list(self.interval)}


@dataclass(frozen=True, slots=True)
class Reliability:
    """Rows, mean top probability and accuracy of each of the equal-width bins (NaN where a bin is empty)."""

    edges: np.ndarray
    rows: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def expected_calibration_error(self) -> float:
        gap = np.abs(np.nan_to_num(self.accuracy) - np.nan_to_num(self.confidence))
        return float((gap * self.rows).sum() / self.rows.sum())


def score(
    probabilities: np.ndarray,
    class_index: np.ndarray,
    *,
    draws: int = BOOTSTRAP_DRAWS,
    seed: int = BOOTSTRAP_SEED,
) -> Scores:
    """Score the highest probability of each row against the truth, as scikit-learn does with `zero_division=0`.

    Args:
        probabilities: (n, categories) float, rows sum to 1.
        class_index: (n,) int, the true column; negative for a code the bundle does not know.
        draws: bootstrap resamples; `seed` makes the interval the same each time.
    Raises:
        ValueError: no rows, or shapes that do not fit.
    """
    truth, predicted, width = _columns(probabilities, class_index)
    rows, hits, claims = _counts(truth, predicted, width)
    f1 = _f1(hits, rows, claims)
    resampled = bootstrap_weighted_f1(truth, [predicted], draws=draws, seed=seed)[:, 0]
    return Scores(
        rows=len(truth),
        weighted_f1=float((f1 * rows).sum() / len(truth)),
        macro_f1=float(f1[rows > 0].mean()),
        accuracy=float((truth == predicted).mean()),
        expected_calibration_error=reliability(probabilities, class_index).expected_calibration_error,
        interval=_interval(resampled),
    )


def difference(
    probabilities: np.ndarray,
    baseline: np.ndarray,
    class_index: np.ndarray,
    *,
    draws: int = BOOTSTRAP_DRAWS,
    seed: int = BOOTSTRAP_SEED,
) -> Difference:
    """Weighted F1 of `probabilities` minus that of `baseline`; both (n, categories), on the same rows."""
    truth, predicted, width = _columns(probabilities, class_index)
    _, against, _ = _columns(baseline, class_index)
    values = [float(_weighted_f1(*_counts(truth, column, width))) for column in (predicted, against)]
    resampled = bootstrap_weighted_f1(truth, [predicted, against], draws=draws, seed=seed)
    return Difference(values[0] - values[1], _interval(resampled[:, 0] - resampled[:, 1]))


def weighted_f1(probabilities: np.ndarray, class_index: np.ndarray) -> float:
    """Weighted F1 alone, without an interval: what a search calls thousands of times."""
    return float(_weighted_f1(*_counts(*_columns(probabilities, class_index))))


def reliability(probabilities: np.ndarray, class_index: np.ndarray, *, bins: int = RELIABILITY_BINS) -> Reliability:
    """Confidence against accuracy in equal-width bins of the top probability; a bin holds its upper edge."""
    top = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == class_index
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, top, side="left") - 1, 0, bins - 1)
    rows = np.bincount(place, minlength=bins)
    filled = np.maximum(rows, 1)
    confidence = np.where(rows > 0, np.bincount(place, top, bins) / filled, np.nan)
    accuracy = np.where(rows > 0, np.bincount(place, right, bins) / filled, np.nan)
    return Reliability(edges, rows, confidence, accuracy)


def confusion(probabilities: np.ndarray, class_index: np.ndarray) -> np.ndarray:
    """(categories + 1, categories) int: rows of each true category by predicted one; the last row, unknown codes."""
    categories = probabilities.shape[1]
    truth = np.where(class_index < 0, categories, class_index)
    cells = truth * categories + probabilities.argmax(axis=1)
    return np.bincount(cells, minlength=(categories + 1) * categories).reshape(categories + 1, categories)


@dataclass(frozen=True, slots=True)
class CategoryScores:
    """One category: (categories,) arrays by class index.

    Attributes:
        rows: listings that truly belong to it; f1 and recall say nothing where that is 0.
        mistaken_for: class index its listings most often went to by mistake, -1 where there was no mistake.
    """

    rows: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    mistaken_for: np.ndarray


def category_scores(probabilities: np.ndarray, class_index: np.ndarray) -> CategoryScores:
    """Precision, recall and F1 of each category the bundle knows."""
    matrix = confusion(probabilities, class_index)
    claims = matrix.sum(axis=0)
    matrix = matrix[:-1]
    rows, hits = matrix.sum(axis=1), np.diag(matrix)
    wrong = matrix - np.diag(hits)
    return CategoryScores(
        rows=rows,
        precision=hits / np.maximum(claims, 1),
        recall=hits / np.maximum(rows, 1),
        f1=_f1(hits, rows, claims),
        mistaken_for=np.where(wrong.sum(axis=1) > 0, wrong.argmax(axis=1), -1),
    )


def bootstrap_weighted_f1(
    truth: np.ndarray, predictions: list[np.ndarray], *, draws: int = BOOTSTRAP_DRAWS, seed: int = BOOTSTRAP_SEED
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
    place = np.arange(len(first))

    def columns_of(values: np.ndarray, keep: np.ndarray) -> sparse.csr_array:
        return sparse.csr_array((keep.astype(float), (place, values)), shape=(len(first), width))

    every = np.ones(len(first))
    true_columns = columns_of(truth[first], every)
    sums = [
        (columns_of(p[first], p[first] == truth[first]), columns_of(p[first], every)) for p in predictions
    ]  # hits and claims of every prediction
    generator = np.random.default_rng(seed)
    values = np.empty((draws, len(predictions)))
    step = max(1, 4_000_000 // len(first))
    for start in range(0, draws, step):
        stop = min(start + step, draws)
        drawn = generator.multinomial(len(truth), size / len(truth), size=stop - start).astype(float)
        rows = drawn @ true_columns
        for column, (hits, claims) in enumerate(sums):
            values[start:stop, column] = _weighted_f1(rows, drawn @ hits, drawn @ claims)
    return values


def _columns(probabilities: np.ndarray, class_index: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Truth and prediction as columns, unknown codes behind the known categories; and how many columns there are."""
    if probabilities.ndim != 2 or len(probabilities) != len(class_index) or not len(class_index):
        raise ValueError(
            f"scores need at least one row and one truth a row, got probabilities {probabilities.shape} "
            f"and class_index {class_index.shape}"
        )
    categories = probabilities.shape[1]
    truth = np.where(class_index < 0, categories - 1 - class_index, class_index)
    return truth, probabilities.argmax(axis=1), max(categories, int(truth.max()) + 1)


def _counts(truth: np.ndarray, predicted: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, hits and claims (how often it was predicted) of each column."""
    rows = np.bincount(truth, minlength=width)
    hits = np.bincount(truth[truth == predicted], minlength=width)
    return rows, hits, np.bincount(predicted, minlength=width)


def _f1(hits: np.ndarray, rows: np.ndarray, claims: np.ndarray) -> np.ndarray:
    """Harmonic mean of precision and recall, 0 where a category is neither true nor predicted."""
    f1: np.ndarray = 2 * hits / np.maximum(rows + claims, 1)
    return f1


def _weighted_f1(rows: np.ndarray, hits: np.ndarray, claims: np.ndarray) -> np.ndarray:
    weighted: np.ndarray = (_f1(hits, rows, claims) * rows).sum(axis=-1) / rows.sum(axis=-1)
    return weighted


def _interval(values: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)

"""How good predictions are: F1, accuracy, calibration and the interval that chance leaves around them.

Truth is given as class index, the column of `probabilities`. A code that the bundle does not know has no column: it
is written as a negative number (-1, -2, … one for each such code), counts as wrong, and is a category of its own.
"""

from dataclasses import asdict, dataclass

import numpy as np

from bundle.scores import (
    BOOTSTRAP_DRAWS,
    BOOTSTRAP_SEED,
    Agreement,
    agreement,
    bootstrap_weighted_f1,
    counts,
    f1_of,
    interval_of,
    weighted_f1_of,
)

RELIABILITY_BINS = 15


@dataclass(frozen=True, slots=True)
class Scores(Agreement):
    """How well the highest probabilities agree with the truth, and how true the probabilities are.

    Attributes:
        expected_calibration_error: mean distance of confidence and accuracy over 15 equal bins (Guo et al. 2017).
    """

    expected_calibration_error: float

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
    truth, predicted, _ = _columns(probabilities, class_index)
    return Scores(
        **asdict(agreement(truth, predicted, draws=draws, seed=seed)),
        expected_calibration_error=reliability(probabilities, class_index).expected_calibration_error,
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
    values = [float(weighted_f1_of(*counts(truth, column, width))) for column in (predicted, against)]
    resampled = bootstrap_weighted_f1(truth, [predicted, against], draws=draws, seed=seed)
    return Difference(values[0] - values[1], interval_of(resampled[:, 0] - resampled[:, 1]))


def weighted_f1(probabilities: np.ndarray, class_index: np.ndarray) -> float:
    """Weighted F1 alone, without an interval: what a search calls thousands of times."""
    return float(weighted_f1_of(*counts(*_columns(probabilities, class_index))))


def macro_f1(probabilities: np.ndarray, class_index: np.ndarray) -> float:
    """Macro F1 alone, over the categories that are true of some row."""
    rows, hits, claims = counts(*_columns(probabilities, class_index))
    return float(f1_of(rows, hits, claims)[rows > 0].mean())


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
        f1=f1_of(rows, hits, claims),
        mistaken_for=np.where(wrong.sum(axis=1) > 0, wrong.argmax(axis=1), -1),
    )


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


def gain_text(gain: float, interval: tuple[float, float]) -> str:
    """A difference as people read it, for example `+0.0012 (95 % -0.0003 to +0.0027)`."""
    low, high = interval
    return f"{gain:+.4f} (95 % {low:+.4f} to {high:+.4f})"

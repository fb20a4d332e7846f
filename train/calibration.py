"""Makes probabilities mean what they say: temperatures, and conformal thresholds."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

TEMPERATURE_RANGE = (0.02, 20.0)


def fit_temperature(logits: np.ndarray, class_index: np.ndarray) -> float:
    """Temperature that makes softmax(logits / temperature) most likely.

    Args:
        logits: (n, categories) float, from rows the model never trained on.
        class_index: (n,) int, column of the true category.
    Returns:
        1.0 where there are no rows.
    Source: Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    if len(logits) == 0:
        return 1.0
    logits = logits.astype(np.float64)

    def loss(log_temperature: float) -> float:
        return -log_likelihood(log_softmax(logits / np.exp(log_temperature), axis=1), class_index)

    return float(np.exp(minimize_scalar(loss, bounds=np.log(TEMPERATURE_RANGE), method="bounded").x))


def fit_sharpness(probabilities: np.ndarray, class_index: np.ndarray) -> float:
    """Temperature of probabilities already mixed: p ** (1 / temperature), renormalised.

    What is fused from calibrated votes is less sure than it may be; this mends it without changing any ranking.
    """
    return fit_temperature(np.log(np.maximum(probabilities, 1e-9)), class_index)


def conformal_threshold(probabilities: np.ndarray, class_index: np.ndarray, coverage: float) -> float:
    """Smallest threshold whose sets hold the true category `coverage` of the time.

    A set takes the likeliest categories until their sum reaches the threshold, so a row is covered when the sum
    before its true category is below it.

    Args:
        probabilities: (n, categories) float32, rows sum to 1, from rows the model never trained on.
        class_index: (n,) int, column of the true category.
        coverage: in (0, 1), for example 0.95.
    Raises:
        ValueError: n is too small for the coverage asked.
    Source: Romano, Sesia, Candès 2020 (adaptive prediction sets), without randomisation.
    """
    rows = len(probabilities)
    rank = int(np.ceil((rows + 1) * coverage))
    if rank > rows:
        raise ValueError(f"{rows} rows are too few for a coverage of {coverage}")
    order = np.argsort(-probabilities, axis=1, kind="stable")
    ordered = np.take_along_axis(probabilities, order, axis=1).astype(np.float64)
    before = np.cumsum(ordered, axis=1) - ordered
    scores = np.take_along_axis(before, np.argmax(order == class_index[:, None], axis=1)[:, None], axis=1)[:, 0]
    # A hair above the score itself, so that float32 sums at serving fall on the same side.
    return float(np.sort(scores)[rank - 1] + 1e-6)


def log_likelihood(log_probabilities: np.ndarray, class_index: np.ndarray) -> float:
    """Mean log-probability of the true category."""
    return float(log_probabilities[np.arange(len(class_index)), class_index].mean())

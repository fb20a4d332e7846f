"""Population stability index: how far shares of categories moved.

Source: Yurdakul and Naranjo 2020, "Statistical properties of the population stability index". The rule of thumb
(0.1, 0.25) holds for ten groups and many rows; how far chance alone goes is drawn here instead.
"""

import numpy as np

ROWS_NEEDED = 100
DRAWS = 1000
SEED = 20
SMOOTHING = 0.5
"""Rows added to each category, so that one that is missing on one side does not make the index infinite."""


def stability_index(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Sum of (p - q) ln(p / q) over categories.

    Args:
        now, before: (…, categories) int, rows of each category.
    """
    p, q = _shares(now), _shares(before)
    index: np.ndarray = ((p - q) * np.log(p / q)).sum(axis=-1)
    return index


def index_by_chance(now: np.ndarray, before: np.ndarray) -> float:
    """What the index stays below 95 % of the time when both sides come from the same shares."""
    generator = np.random.default_rng(SEED)
    shares = (now + before) / (now + before).sum()
    drawn = (generator.multinomial(side.sum(), shares, size=DRAWS) for side in (now, before))
    return float(np.quantile(stability_index(*drawn), 0.95))


def _shares(rows: np.ndarray) -> np.ndarray:
    smoothed = rows + SMOOTHING
    shares: np.ndarray = smoothed / smoothed.sum(axis=-1, keepdims=True)
    return shares

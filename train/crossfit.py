"""Answers to rows by models that never saw them: the honest ground for calibration and fusion."""

from collections.abc import Callable

import numpy as np

from datasets.progress import Progress, silent

FOLDS = 5
ENOUGH = 2_000
"""Rows to choose an epoch by, and to calibrate on where a model is trained once."""

PLENTY = 6_000
"""Rows to calibrate on. More would say little more, and every fold costs a fit."""


def measured_folds(folds: np.ndarray) -> list[int]:
    """The folds worth holding out: every one of little data, of much as few as hold `PLENTY` rows.

    They are the same for all experts, so that no row has the answer of one modality and lacks that of the other.

    Args:
        folds: (n,) int, of all rows.
    """
    numbers, rows = np.unique(folds, return_counts=True)
    enough = int(np.searchsorted(np.cumsum(rows), PLENTY)) + 1
    return numbers[:enough].tolist()


def held_out_rows(
    class_index: np.ndarray, folds: np.ndarray, groups: np.ndarray, paired: np.ndarray, *, seed: int
) -> np.ndarray:
    """(n,) bool: the rows that a Keras training holds out. A fold of little data, of much as many as say enough.

    A category whose rows would all be held out is learned from instead.

    Args:
        class_index, folds, groups: (n,) int, of all rows.
        paired: (n,) bool, rows with text and photo. Their groups are taken first: where they are few, they alone tell
            how to weigh the one against the other.
    """
    is_held_out = folds == 0
    wanted = np.random.default_rng(seed).permutation(np.unique(groups[is_held_out]))
    wanted = wanted[np.argsort(~np.isin(wanted, groups[paired]), kind="stable")]
    sizes = np.bincount(groups[is_held_out], minlength=int(groups.max()) + 1)[wanted]
    is_held_out &= np.isin(groups, wanted[: int(np.searchsorted(np.cumsum(sizes), ENOUGH)) + 1])
    unlearned = np.setdiff1d(class_index, class_index[~is_held_out])
    return is_held_out & ~np.isin(groups, groups[np.isin(class_index, unlearned)])


def cross_fit(
    answer: Callable[[np.ndarray, np.ndarray], np.ndarray],
    usable: np.ndarray,
    folds: np.ndarray,
    *,
    categories: int,
    stage: str,
    progress: Progress = silent,
) -> np.ndarray:
    """Let a model be fitted on the other folds answer each held-out fold.

    Args:
        answer: (rows to fit on, rows to answer) as places -> logits (rows to answer, categories).
        usable: (n,) bool, rows that the model can read.
        folds: (n,) int, no group in two folds.
    Returns:
        (n, categories) float32 logits, NaN in rows that no fold answered.
    """
    logits = np.full((len(usable), categories), np.nan, np.float32)
    held_out = measured_folds(folds)
    for done, fold in enumerate(held_out):
        progress(stage, done, len(held_out) + 1)
        fitted, answered = np.flatnonzero(usable & (folds != fold)), np.flatnonzero(usable & (folds == fold))
        if len(fitted) and len(answered):
            logits[answered] = answer(fitted, answered)
    return logits

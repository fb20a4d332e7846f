"""Trains twice where rows are few: to learn how long and how well, and then on all of them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from datasets.progress import Progress, silent
from train.loop import OnEpoch, Plan, Trained, fit, unheard

REFIT_ROWS = 4_000
"""Of so few, those held out are worth learning from as well; of more, they would cost more than they bring."""


def fit_and_refit(
    inputs: np.ndarray,
    class_index: np.ndarray,
    is_held_out: np.ndarray,
    *,
    check_inputs: np.ndarray,
    plan: Plan,
    work_dir: Path,
    names: Sequence[str] | None = None,
    progress: Progress = silent,
    on_epoch: OnEpoch = unheard,
) -> tuple[np.ndarray, Trained]:
    """Train as `train.loop.fit` does, and of few rows once more on all for as many epochs as the best one took.

    Returns:
        (n, categories) float32 logits of rows that were held out, NaN elsewhere; and the model to keep, which of few
        rows is not the one that gave the logits.
    """

    def train(held_out: np.ndarray, own: Plan, folder: Path) -> Trained:
        return fit(
            inputs,
            class_index,
            held_out,
            check_inputs=check_inputs,
            plan=own,
            work_dir=folder,
            names=names,
            progress=progress,
            on_epoch=on_epoch,
        )

    trained = train(is_held_out, plan, work_dir / "held_out")
    logits = np.full((len(inputs), plan.categories), np.nan, np.float32)
    logits[is_held_out] = trained.held_out_logits
    if len(inputs) <= REFIT_ROWS:
        again = replace(plan, expert=f"{plan.expert} on all rows", epochs=trained.best_epoch, keep_last=True)
        trained = train(np.zeros_like(is_held_out), again, work_dir / "all_rows")
    return logits, trained

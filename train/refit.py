"""Trains twice where rows are few: to learn how long and how well, and then on all of them."""

from dataclasses import replace

import numpy as np

from train.keras_job import KerasJob
from train.loop import Plan, Trained

REFIT_ROWS = 4_000
"""Of so few, those held out are worth learning from as well; of more, they would cost more than they bring."""


def fit_and_refit(
    job: KerasJob, inputs: np.ndarray, *, check_inputs: np.ndarray, plan: Plan
) -> tuple[np.ndarray, Trained]:
    """Train as `KerasJob.fit` does, and of few rows once more on all for as many epochs as the best one took.

    Returns:
        (n, categories) float32 logits of rows that were held out, NaN elsewhere; and the model to keep, which of few
        rows is not the one that gave the logits.
    """
    trained = job.fit_on(
        inputs, job.is_held_out, check_inputs=check_inputs, plan=plan, work_dir=job.work_dir / "held_out"
    )
    logits = job.spread(trained.held_out_logits)
    if len(inputs) <= REFIT_ROWS:
        again = replace(plan, expert=f"{plan.expert} on all rows", epochs=trained.best_epoch, keep_last=True)
        nothing = np.zeros_like(job.is_held_out)
        trained = job.fit_on(inputs, nothing, check_inputs=check_inputs, plan=again, work_dir=job.work_dir / "all_rows")
    return logits, trained

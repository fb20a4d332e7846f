"""What every expert that Keras trains is told: which rows, how, and where its files go."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.progress import Progress, silent
from train.loop import OnEpoch, Plan, Trained, fit, unheard
from train.options import TrainOptions


@dataclass(frozen=True, slots=True)
class KerasJob:
    """An expert to train on n inputs, of which at least one is held out and one is not.

    Attributes:
        class_index: (n,) int; is_held_out: (n,) bool.
        options: of which the expert's own settings, epochs, batch size, seed and workers count.
        directory: of the expert in the bundle.
        work_dir: for checkpoints and intermediate files; the caller removes it.
        cache_dir: of features, kept between trainings.
        names: of the rows, for errors.
    """

    class_index: np.ndarray
    is_held_out: np.ndarray
    categories: int
    options: TrainOptions
    directory: Path
    work_dir: Path
    cache_dir: Path
    names: Sequence[str] | None = None
    progress: Progress = silent
    on_epoch: OnEpoch = unheard

    @property
    def train_rows(self) -> int:
        return int((~self.is_held_out).sum())

    def fit(self, inputs: np.ndarray, *, check_inputs: np.ndarray, plan: Plan) -> tuple[np.ndarray, Trained]:
        """Train by `train.loop.fit`.

        Returns:
            (n, categories) float32 logits of the best epoch, NaN in rows that are not held out; and that epoch.
        """
        trained = self.fit_on(inputs, self.is_held_out, check_inputs=check_inputs, plan=plan, work_dir=self.work_dir)
        return self.spread(trained.held_out_logits), trained

    def fit_on(
        self, inputs: np.ndarray, is_held_out: np.ndarray, *, check_inputs: np.ndarray, plan: Plan, work_dir: Path
    ) -> Trained:
        """Train by `train.loop.fit` with other rows held out."""
        return fit(
            inputs,
            self.class_index,
            is_held_out,
            check_inputs=check_inputs,
            plan=plan,
            work_dir=work_dir,
            names=self.names,
            progress=self.progress,
            on_epoch=self.on_epoch,
        )

    def spread(self, held_out_logits: np.ndarray) -> np.ndarray:
        """Logits of the rows held out as (n, categories), NaN elsewhere."""
        logits = np.full((len(self.is_held_out), self.categories), np.nan, np.float32)
        logits[self.is_held_out] = held_out_logits
        return logits

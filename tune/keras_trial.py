"""A Keras expert under trial: the training's own steps, in the trial's process and without Ray Train."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from train.batches import RowBatches, ahead
from train.error import DivergedError
from train.loop import Plan
from train.options import TrainOptions
from train.scores import weighted_f1
from tune.candidate import WHOLE
from tune.material import FineTuneInput, Ground, TokenInput

if TYPE_CHECKING:
    import keras

    from train.step import Stepper

PATIENCE = 3
"""Epochs without a better score, after which a training stops as well."""


def plan_of(name: str, ground: Ground, options: TrainOptions, *, gpus: float = 0) -> Plan:
    """How an expert is trained under options."""
    given: dict[str, Any] = {"categories": ground.categories, "train_rows": len(ground.trained)}
    given |= {"patience": PATIENCE, "gpus_per_worker": gpus}
    if name == "bigru":
        from train.keras_text import bigru_plan

        return bigru_plan(options, vocabulary=ground.inputs["bigru"].vocabulary, **given)
    if name == "vgg16":
        from train.keras_image import vgg16_plan

        return vgg16_plan(options, **given)
    from train.e5_fine_tune import e5_plan
    from train.keras_e5 import e5_network

    build = partial(_from_start, e5_network, ground.inputs["e5"], layers=options.e5.layers)
    return e5_plan(options, build=build, **given)


class KerasCandidate:
    """Trains epoch by epoch, and answers as the best epoch did on the judged rows.

    Args:
        epochs: answer as after this epoch, and stop there: no judged row has a say in it.
    """

    def __init__(self, ground: Ground, plan: Plan, *, cpus: float, gpus: float, epochs: int | None) -> None:
        self._ground, self._plan, self._cpus, self._gpus = ground, plan, cpus, gpus
        self._fixed = epochs
        inputs = ground.inputs[plan.expert]
        if isinstance(inputs, TokenInput):
            inputs = inputs.token_ids
        elif isinstance(inputs, FineTuneInput):
            inputs = inputs.piece_ids
        self._rows = RowBatches(plan, inputs, ground.class_index, np.sort(ground.trained))
        self._stepper: Stepper | None = None
        self._epoch, self._best_score = 0, -1.0
        self._logits = np.zeros((len(ground.judged), ground.categories), np.float32)
        self.epochs: int | None = 0
        ends = {-(-WHOLE * epoch // plan.epochs) for epoch in range(1, plan.epochs + 1)}
        self.budgets = tuple(sorted(ends))

    def answer(self, budget: int) -> np.ndarray:
        due = min(max(1, budget * self._plan.epochs // WHOLE), self._fixed or self._plan.epochs)
        while self._epoch < due and self._epoch - (self.epochs or 0) < self._plan.patience:
            self._run_epoch()
        return self._logits

    def _run_epoch(self) -> None:
        stepper = self._stepper or self._start()
        self._epoch += 1
        batches = self._rows.of_epoch(self._epoch)
        before = (self._epoch - 1) * self._rows.steps
        for number, batch in enumerate(ahead(self._rows.read(batches, epoch=self._epoch)), 1):
            if not np.isfinite(stepper.step(before + number, *batch)):
                rows = [f"row {row}" for row in batches[number - 1]]
                raise DivergedError(self._plan.expert, self._epoch, number, rows)
        judged = self._ground.judged
        logits = stepper.logits(self._rows.answered(judged))
        score = weighted_f1(logits, self._ground.class_index[judged])
        if self._fixed or score > self._best_score:
            self._best_score, self._logits, self.epochs = score, logits, self._epoch

    def _start(self) -> "Stepper":
        from train.step import Stepper, prepare_machine

        # In step with what Ray reserves: trials that run at one time share the cores.
        shares = max(1, int((os.cpu_count() or 1) / max(1.0, self._cpus)))
        prepare_machine(workers_here=shares, seed=self._plan.seed, gpu=self._gpus > 0)
        self._stepper = Stepper(self._plan, steps=self._rows.steps * self._plan.epochs)
        return self._stepper


def _from_start(network: "Callable[..., keras.Model]", given: FineTuneInput, *, layers: int) -> "keras.Model":
    """The network at its start; the file it reads is made where the trial runs, which may be another machine."""
    from bundle.e5 import load_e5_weights
    from train.keras_e5 import write_start

    with TemporaryDirectory(prefix="rayonnage-e5-") as folder:
        start = Path(folder) / "start.safetensors"
        write_start(load_e5_weights(), given.coef, given.bias, start)
        return network(start, trained_layers=layers)

"""A Keras expert under trial: the training's own steps, in the trial's process and without Ray Train."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

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
    from train.loop import batch_size_of

    is_held_out = np.ones(len(ground.class_index), bool)
    is_held_out[ground.trained] = False
    settings = getattr(options, name)
    build: Callable[[], keras.Model]
    extra: dict[str, Any] = {}
    if name == "bigru":
        from bundle.tokenizer import PAD_ID
        from train.keras_text import bigru

        vocabulary = ground.inputs["bigru"].vocabulary
        build = partial(bigru, vocabulary=vocabulary, categories=ground.categories, dropout=settings.dropout)
        extra = {"label_smoothing": settings.label_smoothing, "pad_id": PAD_ID}
    elif name == "vgg16":
        from train.keras_image import vgg16_head

        build = partial(vgg16_head, categories=ground.categories)
    else:
        from bundle.e5_pieces import PAD_ID
        from train.keras_e5 import e5_network

        build = partial(_from_start, e5_network, ground.inputs["e5"], layers=settings.layers)
        extra = {"label_smoothing": settings.label_smoothing, "warm_up": settings.warm_up}
        extra |= {"pad_id": PAD_ID, "readings": True}
    return Plan(
        expert=name,
        build=build,
        finish=_as_it_is,
        categories=ground.categories,
        epochs=options.epochs_of(name),
        batch_size=options.batch_size or settings.batch_size or batch_size_of(is_held_out),
        learning_rate=settings.learning_rate,
        patience=PATIENCE,
        seed=options.seed,
        gpus_per_worker=gpus,
        **extra,
    )


class KerasCandidate:
    """Trains epoch by epoch, and answers as the best epoch did on the judged rows.

    Args:
        epochs: answer as after this epoch, and stop there: no judged row has a say in it.
    """

    def __init__(self, ground: Ground, plan: Plan, *, cpus: float, gpus: float, epochs: int | None) -> None:
        self._ground, self._plan, self._cpus, self._gpus = ground, plan, cpus, gpus
        self._fixed = epochs
        inputs = ground.inputs[plan.expert]
        self._inputs: np.ndarray = inputs
        if isinstance(inputs, TokenInput):
            self._inputs = inputs.token_ids
        elif isinstance(inputs, FineTuneInput):
            self._inputs = inputs.piece_ids
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
        from train.batches import ahead
        from train.error import DivergedError

        stepper = self._stepper or self._start()
        self._epoch += 1
        batches = self._batches()
        before = (self._epoch - 1) * len(batches)
        for number, batch in enumerate(ahead(map(self._read, batches)), 1):
            if not np.isfinite(stepper.step(before + number, *batch)):
                rows = [f"row {row}" for row in batches[number - 1]]
                raise DivergedError(self._plan.expert, self._epoch, number, rows)
        judged = self._inputs[self._ground.judged]
        logits = stepper.logits(judged[:, 0] if self._plan.readings else judged)
        score = weighted_f1(logits, self._ground.class_index[self._ground.judged])
        if self._fixed or score > self._best_score:
            self._best_score, self._logits, self.epochs = score, logits, self._epoch

    def _start(self) -> "Stepper":
        from train.step import Stepper, prepare_machine
        from train.worker import class_weights

        # In step with what Ray reserves: trials that run at one time share the cores.
        shares = max(1, int((os.cpu_count() or 1) / max(1.0, self._cpus)))
        prepare_machine(workers_here=shares, seed=self._plan.seed, gpu=self._gpus > 0)
        labels = self._ground.class_index[self._ground.trained]
        self._weights = class_weights(labels, self._plan.categories)
        self._stepper = Stepper(self._plan, steps=len(self._batches()) * self._plan.epochs)
        return self._stepper

    def _batches(self) -> list[np.ndarray]:
        from train.batches import epoch_batches, text_lengths

        plan = self._plan
        texts = self._inputs[:, 0] if plan.readings else self._inputs
        lengths = None if plan.pad_id is None else text_lengths(texts, plan.pad_id)
        trained = np.sort(self._ground.trained)
        return epoch_batches(trained, lengths, batch_size=plan.batch_size, seed=plan.seed, epoch=self._epoch)

    def _read(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        from train.batches import cut

        inputs, labels = self._inputs[batch], self._ground.class_index[batch].astype(np.int32)
        if self._plan.readings:  # one of three times the other one, as in a training
            other = np.random.default_rng([self._plan.seed, self._epoch, 1]).random(int(batch.max()) + 1)[batch]
            inputs = inputs[np.arange(len(batch)), (other < 1 / 3).astype(int)]
        if self._plan.pad_id is not None:
            inputs = cut(inputs, self._plan.pad_id)
        return inputs, labels, self._weights[labels] / np.float32(len(batch))


def _from_start(network: "Callable[..., keras.Model]", given: FineTuneInput, *, layers: int) -> "keras.Model":
    """The network at its start; the file it reads is made where the trial runs, which may be another machine."""
    from bundle.e5 import load_e5_weights
    from train.keras_e5 import write_start

    with TemporaryDirectory(prefix="rayonnage-e5-") as folder:
        start = Path(folder) / "start.safetensors"
        write_start(load_e5_weights(), given.coef, given.bias, start)
        return network(start, trained_layers=layers)


def _as_it_is(model: "keras.Model") -> "keras.Model":
    return model

"""The training loop of the Keras experts, as it runs in each worker of Ray Train.

Keras' own `fit` fails under `MultiWorkerMirroredStrategy` with two workers, so the loop is written out; with one
worker it is the same loop. TensorFlow is imported here and in `train.step` only.
"""

import errno
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save_file

from train.batches import RowBatches, ahead
from train.checkpoint import Progressed, read_checkpoint, write_checkpoint
from train.error import TrainError
from train.loop import Epoch, Plan
from train.scores import macro_f1, weighted_f1
from train.tensorboard_graph import GRAPH, write_graph

if TYPE_CHECKING:
    import keras

CHECKPOINTS = 4
"""In an epoch of many steps; one of few has one at its end."""

LEAST_STEPS = 200
"""Between two checkpoints."""


def train_loop(config: dict[str, Any]) -> None:
    """Train by `config["plan"]`, and leave the best epoch's results in `config["work_dir"]`."""
    plan: Plan = config["plan"]
    work_dir: Path = config["work_dir"]
    try:
        _Training(plan, work_dir).run()
    except (OSError, SafetensorError) as error:
        # safetensors gives the number in its message only.
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or f"os error {errno.ENOSPC}" in str(error):
            raise TrainError(
                f"training of {plan.expert}: no room left on the disk of {work_dir}; make some, and go on with --resume"
            ) from error
        raise


class _Training:
    """One worker's part. All workers take the same batches in the same order, and each its share of every batch."""

    def __init__(self, plan: Plan, work_dir: Path) -> None:
        import ray.train

        from train import step

        context = ray.train.get_context()
        self._plan, self._work_dir = plan, work_dir
        self._rank, self._workers = context.get_world_rank(), context.get_world_size()
        workers_here = context.get_local_world_size()
        step.prepare_machine(workers_here=workers_here, seed=plan.seed, gpu=bool(plan.gpus_per_worker))
        rows = _take_rows()
        is_held_out, self._class_index = rows["is_held_out"], rows["class_index"]
        self._train_rows, self._held_out = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
        self._rows = RowBatches(plan, rows["inputs"], self._class_index, self._train_rows)
        self._steps = self._rows.steps
        self._stepper = step.Stepper(plan, steps=self._steps * plan.epochs)
        self._last_told = 0.0
        if self._rank == 0:
            write_graph(self._stepper.model, work_dir / GRAPH)

    def run(self) -> None:
        """Train from the last checkpoint on, or from the start."""
        now = read_checkpoint(self._stepper.variables, self._work_dir) or Progressed()
        while now.epoch <= self._plan.epochs and not now.stale(self._plan.patience):
            if not self._run_epoch(now):
                return
        if self._rank == 0:
            self._finish(now)

    def _run_epoch(self, now: Progressed) -> bool:
        """Train one epoch to its end; False where it diverged."""
        plan, started = self._plan, time.monotonic()
        batches = self._batches(now.epoch)
        every = max(LEAST_STEPS, -(-self._steps // CHECKPOINTS))
        left = self._rows.read(batches[now.step :], epoch=now.epoch, rank=self._rank, workers=self._workers)
        for number, batch in enumerate(ahead(left), now.step + 1):
            at = (now.epoch - 1) * self._steps + number
            loss = self._stepper.step(at, *batch)
            if not np.isfinite(loss):  # the sum over all workers: each of them sees it, and ends
                failure = {"expert": plan.expert, "epoch": now.epoch, "step": number}
                failure["rows"] = batches[number - 1].tolist()
                (self._work_dir / "diverged.json").write_text(json.dumps(failure))
                return False
            now.losses.append(loss)
            now.step = number
            self._tell(at, now)
            if number % every == 0 and number < self._steps:
                now.seconds += time.monotonic() - started
                started = time.monotonic()
                self._report(now, {"epoch": now.epoch, "step": number})
        logits = self._answer(self._held_out)
        truth = self._class_index[self._held_out]
        nothing = not len(truth)
        epoch = Epoch(
            now.epoch,
            float(np.mean(now.losses)),
            float("nan") if nothing else weighted_f1(logits, truth),
            float("nan") if nothing else macro_f1(logits, truth),
            self._stepper.learning_rate(now.epoch * self._steps),
            now.seconds + time.monotonic() - started,
        )
        now.end_epoch(epoch, logits, self._stepper.model.get_weights())
        self._tell((epoch.epoch) * self._steps, now, always=True)
        self._report(now, asdict(epoch))
        return True

    def _batches(self, epoch: int) -> list[np.ndarray]:
        # A batch with fewer rows than workers would leave one without.
        batches = self._rows.of_epoch(epoch)
        return [batch if len(batch) >= self._workers else self._train_rows[: self._workers] for batch in batches]

    def _answer(self, rows: np.ndarray) -> np.ndarray:
        """(rows, categories) float32 logits; each worker computes a share, and all get the whole."""
        if not len(rows):  # TensorFlow's ring of workers crashes on nothing
            return np.zeros((0, self._plan.categories), np.float32)
        own = rows[self._rank :: self._workers]
        logits = np.zeros((len(rows), self._plan.categories), np.float32)
        logits[self._rank :: self._workers] = self._stepper.logits(self._rows.answered(own))
        return self._stepper.sum_over_workers(logits)

    def _report(self, now: Progressed, metrics: dict[str, Any]) -> None:
        """Keep a checkpoint, and report to Ray Train. All workers call it, or none goes on."""
        import ray.train

        if self._rank == 0:
            write_checkpoint(now, self._stepper.variables, self._work_dir)
        ray.train.report(metrics)

    def _finish(self, now: Progressed) -> None:
        assert now.best_logits is not None
        self._tell(self._steps * self._plan.epochs, now, always=True)
        trained = self._stepper.kept_model(now.best_weights)
        np.save(self._work_dir / "held_out_logits.npy", now.best_logits)
        save_file(weights_of(trained), self._work_dir / "weights.safetensors")
        check_inputs = np.load(self._work_dir / "check_inputs.npy")
        np.save(self._work_dir / "check_logits.npy", self._stepper.save_finished(trained, self._work_dir, check_inputs))
        draft = self._work_dir / "history.tmp"
        draft.write_text(json.dumps([asdict(epoch) for epoch in now.history]))
        draft.replace(self._work_dir / "history.json")

    def _tell(self, done: int, now: Progressed, *, always: bool = False) -> None:
        """Write the progress whole, for a reader that may come at any moment."""
        if self._rank or not (always or time.monotonic() - self._last_told > 0.2):
            return
        self._last_told = time.monotonic()
        told = {"done": done, "total": self._steps * self._plan.epochs, "history": [asdict(e) for e in now.history]}
        draft = self._work_dir / "progress.tmp"
        draft.write_text(json.dumps(told))
        draft.replace(self._work_dir / "progress.json")


def weights_of(model: "keras.Model") -> dict[str, np.ndarray]:
    """A model's weights by their place in it, for example `gru_forward/gru_cell/kernel`."""
    return {variable.path: np.ascontiguousarray(variable.value) for variable in model.weights}


def _take_rows() -> dict[str, np.ndarray]:
    """All rows, in order. What is larger than memory is spilled by Ray before it comes here block by block."""
    import ray.train

    blocks = list(ray.train.get_dataset_shard("rows").iter_batches(batch_size=None, batch_format="numpy"))
    order = np.argsort(np.concatenate([block["row"] for block in blocks]))
    return {name: np.concatenate([block[name] for block in blocks])[order] for name in blocks[0] if name != "row"}

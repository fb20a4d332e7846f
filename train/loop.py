"""Trains a Keras expert through Ray Train: hands the rows to the workers, and brings back the best epoch.

The rows go to the workers through Ray Data, whatever machine they are on. What comes back, and what a stopped training
goes on from, lies as files in `work_dir`; with workers on several machines that is storage that all of them see, as Ray
Train asks anyway.
"""

import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from safetensors.numpy import load_file

from datasets.progress import Progress, silent
from train.error import DivergedError, TrainError
from train.options import TrainOptions
from train.ray_session import ray_session, silence_ray_data

if TYPE_CHECKING:
    import keras

PATIENCE = 3
POLL_S = 0.5
BLOCK_BYTES = 16 * 1024**2
LOST_WORKERS = 3
"""Times that a training begins again from its last checkpoint because a worker was lost."""

OnEpoch = Callable[[str, int, Mapping[str, float]], None]
"""Called with the expert's name, the epoch from 1 on, and what it came to."""


def unheard(expert: str, number: int, values: Mapping[str, float]) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train, and how long.

    Attributes:
        expert: its name, for progress and errors.
        build: makes the model that is trained, inputs to (n, categories) logits. Called in the workers.
        finish: makes the model that is kept of the trained one, for example by putting the backbone before it; None
            keeps the trained one.
        batch_size: over all workers together.
        learning_rate: for batches of 32 rows or fewer; more rows raise it by the root of their number.
        patience: epochs without a better weighted F1 on the held-out rows, after which training stops.
        warm_up: share of all steps in which the learning rate rises, after which it falls to 0; 0 keeps it the same.
        pad_id: inputs are token ids with this behind the end of a text, or None where they are no texts.
        readings: a row is given in several readings, of which each epoch takes one.
        keep_last: keep the last epoch, so that no row need be held out.
        workers: processes, of which each has `gpus_per_worker`; None gives each one where there are enough.
    """

    expert: str
    build: "Callable[[], keras.Model]"
    categories: int
    epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    seed: int
    finish: "Callable[[keras.Model], keras.Model] | None" = None
    warm_up: float = 0.0
    label_smoothing: float = 0.0
    pad_id: int | None = None
    readings: bool = False
    keep_last: bool = False
    workers: int = 1
    gpus_per_worker: float | None = None

    @classmethod
    def of(
        cls,
        expert: str,
        options: TrainOptions,
        *,
        build: "Callable[[], keras.Model]",
        categories: int,
        train_rows: int,
        **more: Any,
    ) -> Self:
        """The plan that options and the expert's own settings make.

        Args:
            train_rows: that are learned from.
            more: attributes that are no options, or in place of one.
        """
        settings = getattr(options, expert)
        planned = {
            "epochs": options.epochs_of(expert),
            "batch_size": options.batch_size or settings.batch_size or batch_size_of(train_rows),
            "learning_rate": settings.learning_rate,
            "label_smoothing": getattr(settings, "label_smoothing", 0.0),
            "warm_up": getattr(settings, "warm_up", 0.0),
            "patience": PATIENCE,
            "seed": options.seed,
            "workers": options.workers,
            "gpus_per_worker": options.gpus_per_worker,
        }
        return cls(expert=expert, build=build, categories=categories, **planned | more)


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch came to: mean training loss, scores over the held-out rows (NaN without any), and seconds."""

    epoch: int
    loss: float
    weighted_f1: float
    macro_f1: float
    learning_rate: float
    seconds: float

    @property
    def values(self) -> dict[str, float]:
        names = ("loss", "weighted_f1", "macro_f1", "learning_rate", "seconds")
        values = {name: float(getattr(self, name)) for name in names}
        return {name: value for name, value in values.items() if np.isfinite(value)}


@dataclass(frozen=True, slots=True)
class Trained:
    """The best epoch.

    Attributes:
        held_out_logits: (held-out rows, categories) float32.
        weights: of the trained model by `layer/variable`.
        model: file of the finished model, `model.keras`.
        check_logits: what the finished model, read back from its file, answers to `check_inputs`.
        history: every epoch that ran.
    """

    held_out_logits: np.ndarray
    weights: dict[str, np.ndarray]
    model: Path
    check_logits: np.ndarray
    history: list[Epoch]

    @property
    def best_epoch(self) -> int:
        return max(self.history, key=lambda epoch: epoch.weighted_f1).epoch


def fit(
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
) -> Trained:
    """Train on the rows that are not held out, and keep the epoch that is best on those that are.

    A training that was stopped goes on from its last checkpoint when it is called again with the same `work_dir`; one
    that had ended is read from there.

    Args:
        inputs: (n, …) what the model of `plan.build` reads, or (n, readings, …).
        class_index: (n,) int; is_held_out: (n,) bool.
        check_inputs: (m, …) what the model of `plan.finish` reads, for `Trained.check_logits`.
        work_dir: for checkpoints, results and Ray's run; the caller removes it.
        names: of the rows, for errors.
    Raises:
        TrainError: there is nothing to train on, the machine has too few CPUs or GPUs, or the disk is full.
        DivergedError: the loss is not finite any more.
    """
    if is_held_out.all() or not (is_held_out.any() or plan.keep_last):
        raise TrainError(f"{plan.expert} needs rows to train on and rows held out: give it more listings")
    work_dir = work_dir.resolve()
    work_dir.mkdir(parents=True, exist_ok=True)
    history_file = work_dir / "history.json"
    if not history_file.exists():  # else it had ended: what is there is all
        np.save(work_dir / "check_inputs.npy", check_inputs)
        with ray_session(), _told(work_dir, f"train {plan.expert}", plan.expert, progress, on_epoch):
            _run(plan, {"inputs": inputs, "class_index": class_index, "is_held_out": is_held_out}, work_dir, names)
    return Trained(
        held_out_logits=np.load(work_dir / "held_out_logits.npy"),
        weights=load_file(work_dir / "weights.safetensors"),
        model=work_dir / "model.keras",
        check_logits=np.load(work_dir / "check_logits.npy"),
        history=[Epoch(**epoch) for epoch in json.loads(history_file.read_text())],
    )


def _run(plan: Plan, rows: Mapping[str, np.ndarray], work_dir: Path, names: Sequence[str] | None) -> None:
    import ray.train
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

    from train.tensorflow_backend import TensorflowWorkers
    from train.worker import train_loop

    gpus = _gpus_per_worker(plan)
    (work_dir / "diverged.json").unlink(missing_ok=True)
    shutil.rmtree(work_dir / "ray", ignore_errors=True)  # of an earlier attempt, which Ray would take for this one
    trainer = DataParallelTrainer(
        train_loop,
        backend_config=TensorflowWorkers(),
        train_loop_config={"plan": replace(plan, gpus_per_worker=gpus), "work_dir": work_dir},
        scaling_config=ray.train.ScalingConfig(
            num_workers=plan.workers, use_gpu=gpus > 0, resources_per_worker={"CPU": 1, "GPU": gpus} if gpus else None
        ),
        run_config=ray.train.RunConfig(
            name=plan.expert,
            storage_path=str(work_dir / "ray"),
            failure_config=ray.train.FailureConfig(max_failures=LOST_WORKERS),
        ),
        datasets={"rows": rows_dataset(rows)},
        dataset_config=ray.train.DataConfig(datasets_to_split=[]),
    )
    try:
        trainer.fit()
    except ray.train.TrainingFailedError as error:
        for cause in getattr(error, "worker_failures", {}).values():
            if isinstance(cause, TrainError):
                raise cause from None
        raise
    _raise_divergence(work_dir, names)


def rows_dataset(rows: Mapping[str, np.ndarray]) -> Any:
    """A Ray dataset of rows, in blocks that pass one after the other."""
    import ray.data

    silence_ray_data()
    count = len(rows["class_index"])
    step = max(1, int(BLOCK_BYTES // (rows["inputs"].nbytes / count + 16)))
    columns = {**rows, "row": np.arange(count)}
    return ray.data.from_blocks(
        [
            ray.data.block.BlockAccessor.batch_to_block(
                {name: values[start : start + step] for name, values in columns.items()}
            )
            for start in range(0, count, step)
        ]
    )


def _raise_divergence(work_dir: Path, names: Sequence[str] | None) -> None:
    """Raise what the workers wrote down before they ended: a loss that was no number."""
    path = work_dir / "diverged.json"
    if not path.exists():
        return
    failure = json.loads(path.read_text())
    rows = [names[row] if names else f"row {row}" for row in failure.pop("rows")]
    raise DivergedError(**failure, rows=rows)


def _gpus_per_worker(plan: Plan) -> float:
    """GPUs that each worker gets.

    Raises:
        TrainError: the workers need more than there is.
    """
    import ray

    there = ray.cluster_resources()
    cpus, cards = int(there.get("CPU", 0)), there.get("GPU", 0)
    if plan.workers > cpus:
        raise TrainError(f"--workers {plan.workers}: there are {cpus} CPUs, and each worker needs one; ask for {cpus}")
    if plan.gpus_per_worker is None:
        return 1.0 if cards >= plan.workers else 0.0
    needed = plan.gpus_per_worker * plan.workers
    if needed > cards:
        raise TrainError(
            f"--gpus-per-worker {plan.gpus_per_worker:g} with {plan.workers} workers needs {needed:g} GPUs, and there "
            f"are {cards:g}; ask for --gpus-per-worker {cards // plan.workers:g}"
        )
    return plan.gpus_per_worker


def batch_size_of(train_rows: int) -> int:
    """32, less on few rows, so that an epoch always has some dozen steps; 4 at least."""
    return int(np.clip(train_rows // 32, 4, 32))


@contextmanager
def _told(work_dir: Path, stage: str, expert: str, progress: Progress, on_epoch: OnEpoch) -> Iterator[None]:
    """Pass on what the first worker writes to `progress.json`: a file crosses processes without a service."""
    path = work_dir / "progress.json"
    over = threading.Event()

    def poll() -> None:
        last, epochs = None, 0
        while True:
            ended = over.wait(POLL_S)
            if path.exists() and (now := json.loads(path.read_text())) != last:
                progress(stage, now["done"], now["total"])
                for epoch in now["history"][epochs:]:
                    on_epoch(expert, epoch["epoch"], Epoch(**epoch).values)
                last, epochs = now, len(now["history"])
            if ended:
                return

    thread = threading.Thread(target=poll, name="training-progress", daemon=True)
    progress(stage, 0, 1)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()

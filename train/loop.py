"""Trains a Keras expert through Ray Train: hands the rows to the workers, and brings back the best epoch.

What passes between this process and the workers passes as files in `work_dir`. With workers on several machines it
lies on storage that all of them see, as Ray Train asks anyway.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file

from datasets.progress import Progress, silent
from train.error import TrainError
from train.ray_session import ray_session

if TYPE_CHECKING:
    import keras

POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train, and how long.

    Attributes:
        expert: its name, for progress and errors.
        build: makes the model that is trained, (n, …) inputs to (n, categories) logits. Called in the workers.
        finish: makes the model that is kept of the trained one, for example by putting the backbone before it.
        batch_size: over all workers together.
        patience: epochs without a better weighted F1 on the held-out rows, after which training stops.
    """

    expert: str
    build: "Callable[[], keras.Model]"
    finish: "Callable[[keras.Model], keras.Model]"
    categories: int
    epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    seed: int
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch came to: mean training loss, and weighted F1 over the held-out rows."""

    epoch: int
    loss: float
    weighted_f1: float


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


def fit(
    inputs: np.ndarray,
    class_index: np.ndarray,
    is_held_out: np.ndarray,
    *,
    check_inputs: np.ndarray,
    plan: Plan,
    work_dir: Path,
    progress: Progress = silent,
) -> Trained:
    """Train on the rows that are not held out, and keep the epoch that is best on those that are.

    Args:
        inputs: (n, …) what the model of `plan.build` reads.
        class_index: (n,) int; is_held_out: (n,) bool.
        check_inputs: (m, …) what the model of `plan.finish` reads, for `Trained.check_logits`.
        work_dir: for the rows, the results and Ray's run; the caller removes it.
    Raises:
        TrainError: there is nothing to train on or to hold out, or the loss is not finite any more.
    """
    if is_held_out.all() or not is_held_out.any():
        raise TrainError(f"{plan.expert} needs rows to train on and rows held out: give it more listings")
    work_dir = work_dir.resolve()
    work_dir.mkdir(parents=True, exist_ok=True)
    np.save(work_dir / "inputs.npy", inputs)
    np.save(work_dir / "class_index.npy", class_index)
    np.save(work_dir / "is_held_out.npy", is_held_out)
    np.save(work_dir / "check_inputs.npy", check_inputs)
    with ray_session(), _told(work_dir, f"train {plan.expert}", progress):
        _run(plan, work_dir)
    return Trained(
        held_out_logits=np.load(work_dir / "held_out_logits.npy"),
        weights=load_file(work_dir / "weights.safetensors"),
        model=work_dir / "model.keras",
        check_logits=np.load(work_dir / "check_logits.npy"),
        history=[Epoch(**epoch) for epoch in json.loads((work_dir / "history.json").read_text())],
    )


def _run(plan: Plan, work_dir: Path) -> None:
    import ray
    import ray.train
    from ray.train.tensorflow import TensorflowTrainer

    from train.worker import train_loop

    trainer = TensorflowTrainer(
        train_loop,
        train_loop_config={"plan": plan, "work_dir": work_dir},
        scaling_config=ray.train.ScalingConfig(
            num_workers=plan.workers, use_gpu=ray.cluster_resources().get("GPU", 0) >= plan.workers
        ),
        run_config=ray.train.RunConfig(
            name=plan.expert,
            storage_path=str(work_dir / "ray"),
            checkpoint_config=ray.train.CheckpointConfig(num_to_keep=1),
        ),
    )
    try:
        trainer.fit()
    except ray.train.TrainingFailedError as error:
        for cause in getattr(error, "worker_failures", {}).values():
            if isinstance(cause, TrainError):
                raise cause from None
        raise


def batch_size_of(is_held_out: np.ndarray) -> int:
    """32, less on few rows, so that an epoch always has some dozen steps; 4 at least."""
    return int(np.clip((~is_held_out).sum() // 32, 4, 32))


@contextmanager
def _told(work_dir: Path, stage: str, progress: Progress) -> Iterator[None]:
    """Pass on what the first worker writes to `progress.json`: a file crosses processes without a service."""
    path = work_dir / "progress.json"
    over = threading.Event()

    def poll() -> None:
        last = None
        while True:
            ended = over.wait(POLL_S)
            if path.exists() and (now := json.loads(path.read_text())) != last:
                progress(stage, now["done"], now["total"])
                last = now
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

"""The training loop of the Keras experts, as it runs in each worker of Ray Train.

Keras' own `fit` fails under `MultiWorkerMirroredStrategy` with two workers, so the loop is written out; with one
worker it is the same loop. TensorFlow is imported here only.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save_file

from train.error import DivergedError
from train.loop import Epoch, Plan
from train.scores import weighted_f1

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

VALIDATION_BATCH = 128
CLIP_NORM = 1.0


def train_loop(config: dict[str, Any]) -> None:
    """Train by `config["plan"]` on the rows in `config["work_dir"]`, and leave the best epoch's results there."""
    plan: Plan = config["plan"]
    work_dir: Path = config["work_dir"]
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import ray.train
    import tensorflow as tf

    context = ray.train.get_context()
    is_first = context.get_world_rank() == 0
    _prepare_machine(workers_here=context.get_local_world_size(), seed=plan.seed)

    # Memory-mapped: the image features of a whole catalogue do not fit.
    inputs = np.load(work_dir / "inputs.npy", mmap_mode="r")
    class_index = np.load(work_dir / "class_index.npy").astype(np.int32)
    is_held_out = np.load(work_dir / "is_held_out.npy")
    train_rows, held_out_rows = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    with strategy.scope():
        model = plan.build()
    step = _step(model, plan, strategy)
    answer = _answer(model)
    weights = class_weights(class_index[train_rows], plan.categories)[class_index]
    batches = strategy.experimental_distribute_dataset(
        _batches(inputs, class_index, weights, train_rows, plan=plan, workers=context.get_world_size())
    )

    steps = -(-len(train_rows) // plan.batch_size)
    history: list[Epoch] = []
    best: tuple[Epoch, np.ndarray, list[np.ndarray]] | None = None
    for epoch in range(1, plan.epochs + 1):
        losses = []
        for batch in batches:
            losses.append(float(step(batch)))
            if not np.isfinite(losses[-1]):
                raise DivergedError(plan.expert, epoch, len(losses))
            if is_first:
                _tell(work_dir, (epoch - 1) * steps + len(losses), plan.epochs * steps)
        # Every worker answers all held-out rows, and so comes to the same decision without talking.
        logits = answer(inputs, held_out_rows)
        now = Epoch(epoch, float(np.mean(losses)), weighted_f1(logits, class_index[held_out_rows]))
        history.append(now)
        if best is None or now.weighted_f1 > best[0].weighted_f1:
            best = now, logits, model.get_weights()
        _report(now, model if is_first and best[0] is now else None)
        if epoch - best[0].epoch >= plan.patience:
            break

    if is_first and best is not None:
        model.set_weights(best[2])
        np.save(work_dir / "held_out_logits.npy", best[1])
        save_file(weights_of(model), work_dir / "weights.safetensors")
        _finish(plan.finish(model), work_dir)
        (work_dir / "history.json").write_text(json.dumps([asdict(epoch) for epoch in history]))
        _tell(work_dir, plan.epochs * steps, plan.epochs * steps)


def class_weights(class_index: np.ndarray, categories: int) -> np.ndarray:
    """(categories,) float32: weights by the inverse root of a category's rows, with mean 1 over the rows.

    The root, because the plain inverse lets the smallest categories drive the gradient.
    """
    rows = np.bincount(class_index, minlength=categories)
    weights = 1 / np.sqrt(np.maximum(rows, 1))
    return (weights * len(class_index) / (weights * rows).sum()).astype(np.float32)


def weights_of(model: "keras.Model") -> dict[str, np.ndarray]:
    """A model's weights by `layer/variable`, for example `gru_forward/kernel`."""
    return {
        f"{layer.name}/{variable.name}": np.ascontiguousarray(variable.value)
        for layer in model.layers
        for variable in layer.weights
    }


def _prepare_machine(*, workers_here: int, seed: int) -> None:
    import keras
    import tensorflow as tf

    # Ray reserves one CPU and sets OpenMP's threads by it; TensorFlow's own may use what the machine has.
    tf.config.threading.set_intra_op_parallelism_threads(max(1, (os.cpu_count() or 1) // workers_here))
    for card in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(card, True)
    keras.utils.set_random_seed(seed)


def _batches(
    inputs: np.ndarray, class_index: np.ndarray, weights: np.ndarray, rows: np.ndarray, *, plan: Plan, workers: int
) -> "tf.data.Dataset":
    """Shuffled batches of inputs, class index and weight. The dataset itself holds row numbers only."""
    import tensorflow as tf

    def read(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return inputs[batch], class_index[batch], weights[batch]

    def tensors(batch: tf.Tensor) -> tuple[tf.Tensor, ...]:
        read_batch = tf.numpy_function(read, [batch], [tf.as_dtype(inputs.dtype), tf.int32, tf.float32])
        for tensor, shape in zip(read_batch, (inputs.shape[1:], (), ()), strict=True):
            tensor.set_shape([None, *shape])
        return tuple(read_batch)

    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return (
        tf.data.Dataset.from_tensor_slices(rows)
        .shuffle(len(rows), seed=plan.seed)
        # A last batch that is too small for all would leave a worker waiting.
        .batch(plan.batch_size, drop_remainder=workers > 1)
        .map(tensors)
        .prefetch(2)
        .with_options(options)
    )


def _step(model: "keras.Model", plan: Plan, strategy: "tf.distribute.Strategy") -> "Callable[[Iterable], tf.Tensor]":
    """One step of Adam on a distributed batch; gives the loss, summed over rows and divided by the whole batch."""
    import keras
    import tensorflow as tf

    with strategy.scope():
        optimizer = keras.optimizers.Adam(plan.learning_rate, clipnorm=CLIP_NORM)
        optimizer.build(model.trainable_variables)

    def on_replica(rows: tf.Tensor, class_index: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(class_index, model(rows, training=True))
            loss = tf.reduce_sum(losses * weights) / plan.batch_size
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    @tf.function(reduce_retracing=True)
    def step(batch: Iterable[tf.Tensor]) -> tf.Tensor:
        return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(on_replica, batch), axis=None)

    return step


def _answer(model: "keras.Model") -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """A function of inputs and row numbers that gives those rows' logits, float32."""
    import tensorflow as tf

    run = tf.function(lambda batch: model(batch, training=False), reduce_retracing=True)

    def answer(inputs: np.ndarray, rows: np.ndarray) -> np.ndarray:
        parts = np.array_split(rows, -(-len(rows) // VALIDATION_BATCH))
        return np.concatenate([run(tf.constant(inputs[part])).numpy() for part in parts])

    return answer


def _report(epoch: Epoch, model: "keras.Model | None") -> None:
    """Report to Ray Train, with the model as checkpoint where one is given. All workers call it, or none goes on."""
    import ray.train

    with tempfile.TemporaryDirectory() as folder:
        checkpoint = None
        if model is not None:
            # Ray's own TensorflowCheckpoint writes the legacy H5 format.
            model.save(Path(folder) / "model.keras")
            checkpoint = ray.train.Checkpoint.from_directory(folder)
        ray.train.report(asdict(epoch), checkpoint=checkpoint)


def _finish(model: "keras.Model", work_dir: Path) -> None:
    """Write the model that is kept, and what it answers to the check rows once read back."""
    import keras

    model.save(work_dir / "model.keras")
    model = keras.saving.load_model(work_dir / "model.keras", compile=False)
    check_inputs = np.load(work_dir / "check_inputs.npy")
    np.save(work_dir / "check_logits.npy", _answer(model)(check_inputs, np.arange(len(check_inputs))))


def _tell(work_dir: Path, done: int, total: int) -> None:
    """Write the progress whole, for a reader that may come at any moment."""
    draft = work_dir / "progress.tmp"
    draft.write_text(json.dumps({"done": done, "total": total}))
    draft.replace(work_dir / "progress.json")

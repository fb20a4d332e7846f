"""One step of training, in TensorFlow: the gradient of a batch that is shared among workers, and Adam."""

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from train.batches import cut, text_lengths
from train.host_memory import HOST_MEMORY_VARIABLE, HostMemory
from train.loop import Plan

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

VALIDATION_BATCH = 128
CLIP_NORM = 1.0
ROWS_OF_RATE = 32
"""Rows in a batch that the learning rate is meant for."""


def prepare_machine(*, workers_here: int, seed: int, gpu: bool) -> None:
    """Choose backend, threads and precision, before the first tensor is made."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import tensorflow as tf

    cards = tf.config.list_physical_devices("GPU")
    with contextlib.suppress(RuntimeError):  # TensorFlow is at work in this process already, as it was set up then
        # Ray reserves one CPU and sets OpenMP's threads by it; TensorFlow's own may use what the machine has.
        tf.config.threading.set_intra_op_parallelism_threads(max(1, (os.cpu_count() or 1) // workers_here))
        for card in cards:
            tf.config.experimental.set_memory_growth(card, True)
    if gpu and all(tf.config.experimental.get_device_details(card)["compute_capability"] >= (8, 0) for card in cards):
        # bfloat16 has float32's range, so that no loss need be scaled; older cards lack it.
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    keras.utils.set_random_seed(seed)


class Stepper:
    """The model and its optimizer, on this worker and on all others alike.

    Args:
        steps: of the whole training; the learning rate's course goes over them.
    """

    def __init__(self, plan: Plan, *, steps: int) -> None:
        import tensorflow as tf

        self._plan, self._steps = plan, steps
        self._strategy = tf.distribute.MultiWorkerMirroredStrategy()
        with self._strategy.scope():
            self.model = plan.build()
            self._optimizer = adam(plan.learning_rate, self._host_memory())
            self._optimizer.build(self.model.trainable_variables)
        self._local_replicas = self._strategy.extended.num_local_replicas if plan.gpus_per_worker else 1
        self._run_step = tf.function(self._distributed_step, reduce_retracing=True)
        self._run_logits = tf.function(lambda rows: self.model(rows, training=False), reduce_retracing=True)
        self._run_sum = tf.function(self._distributed_sum, reduce_retracing=True)

    @property
    def variables(self) -> "list[keras.Variable]":
        return [*self.model.variables, *self._optimizer.variables]

    def learning_rate(self, step: int) -> float:
        """Of a step, counted from 1."""
        plan = self._plan
        highest = plan.learning_rate * max(1.0, plan.batch_size / ROWS_OF_RATE) ** 0.5
        rising = plan.warm_up * self._steps
        if not rising:
            return highest
        return highest * min(step / rising, (self._steps - step + 1) / max(1.0, self._steps - rising))

    def step(self, number: int, inputs: np.ndarray, class_index: np.ndarray, weights: np.ndarray) -> float:
        """Learn from this worker's rows of a batch; gives the batch's loss over all workers.

        Args:
            weights: (rows,) float32; over all workers, a row's weight divided by the batch's rows.
        """
        self._optimizer.learning_rate = self.learning_rate(number)
        return float(self._run_step(*(self._shared(array) for array in (inputs, class_index, weights))))

    def logits(self, inputs: np.ndarray, model: "keras.Model | None" = None) -> np.ndarray:
        """(n, categories) float32 of inputs, texts of like length together."""
        import tensorflow as tf

        run = self._run_logits
        if model is not None:
            run = tf.function(lambda rows: model(rows, training=False), reduce_retracing=True)
        pad_id = self._plan.pad_id
        order = np.arange(len(inputs)) if pad_id is None else np.argsort(text_lengths(inputs, pad_id), kind="stable")
        logits = np.empty((len(inputs), self._plan.categories), np.float32)
        for start in range(0, len(order), VALIDATION_BATCH):
            rows = order[start : start + VALIDATION_BATCH]
            batch = inputs[rows] if pad_id is None else cut(inputs[rows], pad_id)
            logits[rows] = run(tf.constant(batch)).numpy()
        return logits

    def sum_over_workers(self, values: np.ndarray) -> np.ndarray:
        """The same array summed over all workers, where it is in each of them."""
        if self._strategy.num_replicas_in_sync == self._local_replicas:
            return values
        # Each of a worker's cards adds the same.
        summed: np.ndarray = self._run_sum(self._shared(values / self._local_replicas, whole=True)).numpy()
        return summed

    def kept_model(self, weights: list[np.ndarray]) -> "keras.Model":
        """The model with given weights, in float32 whatever it was trained in, outside of any strategy."""
        import keras

        keras.mixed_precision.set_global_policy("float32")
        model = self._plan.build()
        model.set_weights(weights)
        return model

    def save_finished(self, trained: "keras.Model", work_dir: Path, check_inputs: np.ndarray) -> np.ndarray:
        """Write the model that is kept; gives what it answers to the check rows once read back."""
        import keras

        finished = self._plan.finish(trained) if self._plan.finish else trained
        finished.save(work_dir / "model.keras")
        return self.logits(check_inputs, keras.saving.load_model(work_dir / "model.keras", compile=False))

    def _host_memory(self) -> HostMemory | None:
        """For the gradients of workers that share a machine, where the cards have no quicker way."""
        path = os.environ.get(HOST_MEMORY_VARIABLE)
        if not path or self._plan.gpus_per_worker:
            return None
        return HostMemory(
            path,
            rank=self._strategy.cluster_resolver.task_id,
            workers=self._strategy.num_replicas_in_sync,
            shapes=[tuple(variable.shape) for variable in self.model.trainable_variables],
        )

    def _shared(self, array: np.ndarray, *, whole: bool = False) -> "tf.Tensor":
        """What each of this worker's cards gets of an array: a share of its rows, or all of it."""
        import tensorflow as tf

        if self._local_replicas == 1:
            return tf.constant(array)
        count = self._local_replicas
        return self._strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(array if whole else array[context.replica_id_in_sync_group % count :: count])
        )

    def _distributed_step(self, inputs: "tf.Tensor", class_index: "tf.Tensor", weights: "tf.Tensor") -> "tf.Tensor":
        import tensorflow as tf

        losses = self._strategy.run(self._on_replica, args=(inputs, class_index, weights))
        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

    def _on_replica(self, inputs: "tf.Tensor", class_index: "tf.Tensor", weights: "tf.Tensor") -> "tf.Tensor":
        import tensorflow as tf

        smoothing = self._plan.label_smoothing
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            logits = tf.cast(self.model(inputs, training=True), tf.float32)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(class_index, logits)
            if smoothing:
                even = -tf.reduce_mean(tf.nn.log_softmax(logits), axis=-1)
                losses = (1 - smoothing) * losses + smoothing * even
            loss = tf.reduce_sum(losses * weights)
        self._optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    def _distributed_sum(self, values: "tf.Tensor") -> "tf.Tensor":
        import tensorflow as tf

        return self._strategy.reduce(
            tf.distribute.ReduceOp.SUM, self._strategy.run(lambda own: own * 1, args=(values,)), axis=None
        )


def adam(learning_rate: float, host_memory: HostMemory | None = None) -> "keras.Optimizer":
    """Adam that clips what all workers' gradients add up to, and of an embedding moves the words of the batch only.

    Keras' own clips each worker's gradients before they are added, and writes all of an embedding and of its moments at
    every step, on every worker.

    Args:
        host_memory: through which the gradients are added; None adds them as the strategy does.
    """
    import keras
    import tensorflow as tf

    class Adam(keras.optimizers.Adam):
        def _all_reduce_sum_gradients(self, grads_and_vars: list) -> list:
            gradients, variables = zip(*grads_and_vars, strict=True)
            if host_memory:
                summed = host_memory.sum_over_workers(gradients)
            else:
                summed = [gradient for gradient, _ in super()._all_reduce_sum_gradients(grads_and_vars)]
            clipped, _ = tf.clip_by_global_norm(summed, CLIP_NORM)
            return list(zip(clipped, variables, strict=True))

        def update_step(
            self, gradient: "tf.Tensor | tf.IndexedSlices", variable: "tf.Variable", learning_rate: "tf.Tensor"
        ) -> None:
            if not isinstance(gradient, tf.IndexedSlices):
                super().update_step(gradient, variable, learning_rate)
                return
            rows, place = tf.unique(gradient.indices)
            own = tf.math.unsorted_segment_sum(gradient.values, place, tf.size(rows))
            number = self._get_variable_index(variable)
            first, second = self._momentums[number].value, self._velocities[number].value
            mean = self.beta_1 * tf.gather(first, rows) + (1 - self.beta_1) * own
            square = self.beta_2 * tf.gather(second, rows) + (1 - self.beta_2) * own**2
            step = tf.cast(self.iterations + 1, own.dtype)
            rate = learning_rate * tf.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
            first.scatter_update(tf.IndexedSlices(mean, rows))
            second.scatter_update(tf.IndexedSlices(square, rows))
            variable.scatter_sub(tf.IndexedSlices(rate * mean / (tf.sqrt(square) + self.epsilon), rows))

    return Adam(learning_rate)

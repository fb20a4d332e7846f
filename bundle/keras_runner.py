"""Runs a Keras model by TensorFlow: how experts answer on a GPU. Nothing else at serving imports TensorFlow."""

import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from bundle.error import DamagedBundleError

if TYPE_CHECKING:
    import keras


class KerasRunner:
    """A Keras model with one input and one output; safe to call from several threads.

    Its memory on the card grows with need, so that other replicas find room beside it.
    """

    def __init__(self, model: "keras.Model") -> None:
        import tensorflow as tf

        (shape,) = model.input_shape if isinstance(model.input_shape, list) else (model.input_shape,)
        self.row_shape: tuple[Any, ...] = tuple(shape[1:])
        self.width: int = model.output_shape[-1]
        signature = tf.TensorSpec([None, *shape[1:]], model.inputs[0].dtype)
        self._run = tf.function(lambda rows: model(rows, training=False), input_signature=[signature])

    @classmethod
    def open(cls, path: Path) -> "KerasRunner":
        """Load `model.keras`; code in the file is refused.

        Raises:
            DamagedBundleError: the file is missing or no Keras model.
        """
        keras = import_keras()
        try:
            return cls(keras.saving.load_model(path, compile=False, safe_mode=True))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedBundleError(str(path), f"not a Keras model ({error})") from error

    def run(self, rows: np.ndarray) -> np.ndarray:
        """Args: rows (n, …) of the model's input type. Returns: (n, width) float32."""
        return self._run(rows).numpy()


def import_keras() -> ModuleType:
    """Keras on TensorFlow, with the card's memory left to grow."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import tensorflow as tf

    for card in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(card, True)
        except RuntimeError:  # the card is in use already, by this very process
            break
    return keras

"""The default image expert: EfficientNet-Lite0 with a linear head, as one OpenVINO model."""

from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import openvino as ov

from bundle.expert import Device
from bundle.image import resized
from bundle.lite0 import FEATURES, build_lite0, load_lite0_weights
from bundle.openvino_runner import OpenvinoRunner

if TYPE_CHECKING:
    from bundle.keras_runner import KerasRunner

MODEL = "model.xml"
KERAS_MODEL = "model.keras"


class Lite0Expert:
    """Backbone and head in one graph.

    On disk: `model.xml` and `model.bin` (the OpenVINO form), and `model.keras` where the network was trained in Keras.

    Args:
        runner: (n, side, side, 3) uint8 to (n, categories) float32 logits; the side of older bundles is not IMAGE_PX.
    """

    def __init__(self, runner: "OpenvinoRunner | KerasRunner") -> None:
        self._runner = runner

    @classmethod
    def open(cls, directory: Path, *, threads: int | None, device: Device) -> Self:
        """Load the OpenVINO form; on a GPU the Keras form where there is one (the small network is quick on a CPU).

        Raises:
            DamagedBundleError: a file is missing or is no model.
        """
        if device == "gpu" and (directory / KERAS_MODEL).exists():
            from bundle.keras_runner import KerasRunner  # imports TensorFlow

            return cls(KerasRunner.open(directory / KERAS_MODEL))
        return cls(OpenvinoRunner.open(directory / MODEL, threads=threads))

    def logits(self, pixels: np.ndarray, /) -> np.ndarray:
        """Args: pixels (n, IMAGE_PX, IMAGE_PX, 3) uint8. Returns: (n, categories) float32."""
        return self._runner.run(resized(pixels, self._runner.row_shape[0]))

    @staticmethod
    def save(
        directory: Path, *, coef: np.ndarray, bias: np.ndarray, backbone: dict[str, np.ndarray] | None = None
    ) -> None:
        """Write the expert's files.

        Args:
            coef, bias: (FEATURES, categories) and (categories,) float32: logits = features @ coef + bias.
            backbone: fine-tuned weights named as in `load_lite0_weights`; None means the ImageNet ones.
        """
        categories = len(bias)
        if coef.shape != (FEATURES, categories):
            raise ValueError(f"coef is {coef.shape}, not ({FEATURES}, {categories})")
        coef, bias = (np.ascontiguousarray(array, np.float32) for array in (coef, bias))
        directory.mkdir(parents=True, exist_ok=True)
        model = build_lite0(backbone or load_lite0_weights(), (coef, bias))
        ov.save_model(model, directory / MODEL, compress_to_fp16=True)

"""The vgg16 expert: VGG16 and two dense layers, as one model."""

from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from bundle.expert import Device
from bundle.image import resized
from bundle.openvino_runner import OpenvinoRunner

if TYPE_CHECKING:
    from bundle.keras_runner import KerasRunner


class Vgg16Expert:
    """Reads `model.xml` and `model.bin` on the CPU, `model.keras` on a GPU."""

    def __init__(self, runner: "OpenvinoRunner | KerasRunner") -> None:
        self._runner = runner

    @classmethod
    def open(cls, directory: Path, *, threads: int | None, device: Device) -> Self:
        """Load the expert.

        Raises:
            DamagedBundleError: a file is missing or is no model.
        """
        if device == "gpu":
            from bundle.keras_runner import KerasRunner  # imports TensorFlow

            return cls(KerasRunner.open(directory / "model.keras"))
        return cls(OpenvinoRunner.open(directory / "model.xml", threads=threads))

    def logits(self, pixels: np.ndarray, /) -> np.ndarray:
        """Args: pixels (n, IMAGE_PX, IMAGE_PX, 3) uint8. Returns: (n, categories) float32."""
        return self._runner.run(resized(pixels, self._runner.row_shape[0]))

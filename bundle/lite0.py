"""EfficientNet-Lite0 as an OpenVINO graph, built straight from the weights that come with the project.

Source: Tan and Le 2019 (EfficientNet), in the Lite form: no squeeze-and-excite, ReLU6, stem and last layer not scaled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from safetensors.numpy import load

from bundle.image import IMAGE_PX
from bundle.openvino_runner import OpenvinoRunner
from bundle.shipped import SHIPPED_WEIGHTS, read_shipped

FEATURES = 1280
WEIGHTS = SHIPPED_WEIGHTS / "efficientnet_lite0.safetensors"
STEM_CHANNELS = 32


@dataclass(frozen=True, slots=True)
class Stage:
    """A row of the architecture's table: `repeats` blocks, the first of which strides and changes the width.

    Attributes:
        expand: the block's inner width is `expand` times the width that it gets; 1 has no expanding layer.
    """

    kernel: int
    repeats: int
    channels_in: int
    channels_out: int
    expand: int
    stride: int


LITE0_STAGES = (
    Stage(kernel=3, repeats=1, channels_in=32, channels_out=16, expand=1, stride=1),
    Stage(kernel=3, repeats=2, channels_in=16, channels_out=24, expand=6, stride=2),
    Stage(kernel=5, repeats=2, channels_in=24, channels_out=40, expand=6, stride=2),
    Stage(kernel=3, repeats=3, channels_in=40, channels_out=80, expand=6, stride=2),
    Stage(kernel=5, repeats=3, channels_in=80, channels_out=112, expand=6, stride=1),
    Stage(kernel=5, repeats=4, channels_in=112, channels_out=192, expand=6, stride=2),
    Stage(kernel=3, repeats=1, channels_in=192, channels_out=320, expand=6, stride=1),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One inverted bottleneck: expand (1x1, ReLU6), depthwise (ReLU6), project (1x1, linear), add its input.

    Its arrays are `{name}/expand`, `{name}/depthwise` and `{name}/project`, each with `/kernel` and `/bias`.
    """

    name: str
    kernel: int
    channels_in: int
    channels_out: int
    expand: int
    stride: int

    @property
    def residual(self) -> bool:
        """Whether the block's input is added to its output."""
        return self.stride == 1 and self.channels_in == self.channels_out


def lite0_blocks() -> Iterator[Block]:
    """The 16 blocks in order: `block0` to `block15`."""
    number = 0
    for stage in LITE0_STAGES:
        for repeat in range(stage.repeats):
            first = repeat == 0
            yield Block(
                name=f"block{number}",
                kernel=stage.kernel,
                channels_in=stage.channels_in if first else stage.channels_out,
                channels_out=stage.channels_out,
                expand=stage.expand,
                stride=stage.stride if first else 1,
            )
            number += 1


def load_lite0_weights(path: Path = WEIGHTS) -> dict[str, np.ndarray]:
    """The ImageNet weights, batch norm folded into the convolutions, in Keras's layout.

    Layers: `stem` (3x3, stride 2, ReLU6), the blocks of `lite0_blocks`, `top` (1x1 to FEATURES, ReLU6); all padded
    "same", on (pixels - 127) / 128. `{layer}/kernel` is (height, width, in, out) float32, of a depthwise layer
    (height, width, in, 1); `{layer}/bias` is (out,) float32.

    Raises:
        DamagedBundleError: the file is missing or not the one that was shipped.
    """
    return {name: array.astype(np.float32) for name, array in load(read_shipped(path)).items()}


def build_lite0(
    weights: dict[str, np.ndarray],
    head: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    before: str | None = None,
) -> ov.Model:
    """The network as a graph: (n, IMAGE_PX, IMAGE_PX, 3) uint8 RGB in, one float32 output.

    Args:
        weights: from `load_lite0_weights`, or fine-tuned ones of the same names and shapes.
        head: (FEATURES, categories) and (categories,) float32, or None.
        before: stop at this block, and answer what it would be given.
    Returns:
        A model whose output is (n, FEATURES) features after global average pooling, or (n, categories) logits, or
        (n, height * width * channels) before a block.
    """
    pixels = ops.parameter([-1, IMAGE_PX, IMAGE_PX, 3], np.uint8, name="pixels")
    scaled = ops.divide(ops.subtract(ops.convert(pixels, np.float32), np.float32(127)), np.float32(128))
    x = ops.transpose(scaled, np.array([0, 3, 1, 2], np.int64))
    x = _relu6(_convolution(x, weights, "stem", stride=2))
    for block in lite0_blocks():
        if block.name == before:
            flat = ops.reshape(ops.transpose(x, np.array([0, 2, 3, 1], np.int64)), np.array([0, -1], np.int64), True)
            return ov.Model([ops.result(flat)], [pixels], "lite0")
        given = x
        if block.expand != 1:
            x = _relu6(_convolution(x, weights, f"{block.name}/expand"))
        x = _relu6(_depthwise(x, weights, f"{block.name}/depthwise", stride=block.stride))
        x = _convolution(x, weights, f"{block.name}/project")
        if block.residual:
            x = ops.add(x, given)
    x = _relu6(_convolution(x, weights, "top"))
    output = ops.reduce_mean(x, np.array([2, 3], np.int64), keep_dims=False)
    if head is not None:
        coef, bias = head
        product = ops.matmul(output, coef.astype(np.float32), transpose_a=False, transpose_b=False)
        output = ops.add(product, bias.astype(np.float32).reshape(1, -1))
    return ov.Model([ops.result(output)], [pixels], "lite0")


def _convolution(x: ov.Output, weights: dict[str, np.ndarray], layer: str, *, stride: int = 1) -> ov.Node:
    kernel = np.ascontiguousarray(weights[f"{layer}/kernel"].transpose(3, 2, 0, 1))
    y = ops.convolution(x, kernel, [stride, stride], [0, 0], [0, 0], [1, 1], auto_pad="same_upper")
    return ops.add(y, weights[f"{layer}/bias"].reshape(1, -1, 1, 1))


def _depthwise(x: ov.Output, weights: dict[str, np.ndarray], layer: str, *, stride: int) -> ov.Node:
    # (height, width, channels, 1) to OpenVINO's (groups, out, in, height, width)
    kernel = np.ascontiguousarray(weights[f"{layer}/kernel"].transpose(2, 3, 0, 1)[:, :, None])
    y = ops.group_convolution(x, kernel, [stride, stride], [0, 0], [0, 0], [1, 1], auto_pad="same_upper")
    return ops.add(y, weights[f"{layer}/bias"].reshape(1, -1, 1, 1))


def _relu6(x: ov.Node) -> ov.Node:
    return ops.clamp(x, 0.0, 6.0)


class Lite0Features:
    """The frozen backbone: what heads are trained on.

    Args:
        threads: CPU threads; None means all.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._runner = OpenvinoRunner(_backbone(), threads=threads, throughput=True)

    def features(self, pixels: np.ndarray) -> np.ndarray:
        """Global average pooled features.

        Args:
            pixels: (n, IMAGE_PX, IMAGE_PX, 3) uint8, from `prepare_image`.
        Returns:
            (n, FEATURES) float32. The same photo gives the same row in any company.
        """
        return self._runner.run(pixels)


@cache
def _backbone() -> ov.Model:
    return build_lite0(load_lite0_weights())

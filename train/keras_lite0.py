"""The lite0 expert as a Keras model: what fine-tuning starts from, and its OpenVINO form is checked against."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bundle.image import IMAGE_PX
from bundle.lite0 import FEATURES, STEM_CHANNELS, Block, lite0_blocks, load_lite0_weights

if TYPE_CHECKING:
    import keras


def lite0_keras(
    coef: np.ndarray, bias: np.ndarray, *, backbone: Mapping[str, np.ndarray] | None = None
) -> "keras.Model":
    """EfficientNet-Lite0 under a linear head.

    Args:
        coef, bias: (FEATURES, categories) and (categories,) float32: logits = features @ coef + bias.
        backbone: weights named as in `bundle.lite0.load_lite0_weights`; None means the ImageNet ones.
    Returns:
        (n, IMAGE_PX, IMAGE_PX, 3) uint8 RGB pixels to (n, categories) logits. Layers are named as the weights, with
        `_` for `/` (`block3_expand`), and `logits`.
    """
    import keras
    from keras import layers

    weights = dict(backbone or load_lite0_weights())
    pixels = keras.Input((IMAGE_PX, IMAGE_PX, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="scaled")(pixels)
    x = layers.Conv2D(STEM_CHANNELS, 3, strides=2, padding="same", name="stem")(x)
    x = lite0_blocks_keras(layers.ReLU(6.0, name="stem_relu6")(x), list(lite0_blocks()))
    model = keras.Model(pixels, layers.Dense(len(bias), name="logits")(x), name="lite0")
    set_lite0_weights(model, weights | {"logits/kernel": coef, "logits/bias": bias})
    return model


def lite0_blocks_keras(x: "keras.KerasTensor", blocks: Sequence[Block]) -> "keras.KerasTensor":
    """(n, height, width, channels) through the last blocks of the network to (n, FEATURES)."""
    from keras import layers

    def convolution(x: "keras.KerasTensor", name: str, channels: int, *, size: int, stride: int = 1):  # type: ignore[no-untyped-def]
        return layers.Conv2D(channels, size, strides=stride, padding="same", name=name.replace("/", "_"))(x)

    def relu6(x: "keras.KerasTensor", name: str):  # type: ignore[no-untyped-def]
        return layers.ReLU(6.0, name=f"{name.replace('/', '_')}_relu6")(x)

    for block in blocks:
        before = x
        if block.expand != 1:
            name = f"{block.name}/expand"
            x = relu6(convolution(x, name, block.channels_in * block.expand, size=1), name)
        name = f"{block.name}_depthwise"
        x = layers.DepthwiseConv2D(block.kernel, strides=block.stride, padding="same", name=name)(x)
        x = relu6(x, name)
        x = convolution(x, f"{block.name}/project", block.channels_out, size=1)
        if block.residual:
            x = layers.Add(name=f"{block.name}_residual")([x, before])
    x = relu6(convolution(x, "top", FEATURES, size=1), "top")
    return layers.GlobalAveragePooling2D(name="features")(x)


def set_lite0_weights(model: "keras.Model", weights: Mapping[str, np.ndarray]) -> None:
    """Set a model's layers to the weights of their names, as far as it has them."""
    for layer in model.layers:
        if layer.weights:
            name = layer.name.replace("_", "/", 1) if layer.name.startswith("block") else layer.name
            layer.set_weights([weights[f"{name}/kernel"], weights[f"{name}/bias"]])

"""VGG16 as the reference design uses it: its layers, its pretrained weights, and its OpenVINO form.

Source: Simonyan and Zisserman 2015, configuration D, without the classifier on top.
"""

import contextlib
import hashlib
import os
import re
import socket
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from safetensors import SafetensorError
from safetensors.numpy import load_file

from bundle.image import IMAGE_PX
from train.error import WeightsError

BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
"""Convolutions and channels of each block; a block ends in a 2x2 maximum."""

VGG16_PX = 224
FEATURES = 7 * 7 * 512
MEAN_RGB = (123.68, 116.779, 103.939)
"""Subtracted from the pixels; what Keras' ImageNet weights were trained with."""
PIXEL_DEVIATION = 70
"""Of pixels around their mean, roughly."""

IMAGENET_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
IMAGENET_URL = f"https://storage.googleapis.com/tensorflow/keras-applications/vgg16/{IMAGENET_FILE}"
IMAGENET_MD5 = "6d6bbae143d832006294945121d1f1fc"
DOWNLOAD_TIMEOUT_S = 30
ADVICE = "give a local .h5, .keras or .safetensors file to --image-weights, or `none`"

Weights = dict[str, np.ndarray]


def convolutions() -> Iterator[tuple[str, int, int]]:
    """Name, channels in and channels out of the 13 convolutions: `block1_conv1` to `block5_conv3`."""
    channels_in = 3
    for block, (count, channels) in enumerate(BLOCKS, 1):
        for number in range(1, count + 1):
            yield f"block{block}_conv{number}", channels_in, channels
            channels_in = channels


def backbone_weights(weights: str, *, seed: int) -> Weights:
    """The backbone's weights: `{layer}/kernel` (3, 3, in, out) and `{layer}/bias` (out,) float32, for RGB pixels.

    Args:
        weights: `imagenet` (Keras' file, from its cache or downloaded), `none` (random, by `seed`), or a file: Keras'
            `.h5` or `.keras`, or `.safetensors` with names as here or as in torchvision.
    Raises:
        WeightsError: the file is not there, cannot be had, or does not fit.
    """
    if weights == "none":
        return _random(seed)
    if weights == "imagenet":
        path = _imagenet_file()
    else:
        path = Path(weights).expanduser()
        if not path.is_file():
            raise WeightsError(weights, "no such file", "name a file that exists, `imagenet`, or `none`")
    readers = {".h5": _read_h5, ".hdf5": _read_h5, ".keras": _read_keras, ".safetensors": _read_safetensors}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise WeightsError(weights, f"a {path.suffix or 'file without ending'} is no format of weights", ADVICE)
    try:
        found = reader(path)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, SafetensorError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(weights, f"cannot be read ({reason})", ADVICE) from error
    return _fitting(weights, found)


def identity(weights: Mapping[str, np.ndarray]) -> str:
    """Tells backbones apart in the cache: a digest of the weights, and the side that photos are shrunk from."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(weights[name]).data)
    return f"vgg16-{IMAGE_PX}-{digest.hexdigest()[:12]}"


def vgg16_graph(backbone: Mapping[str, np.ndarray], head: Mapping[str, np.ndarray] | None = None) -> ov.Model:
    """The network as a graph: (n, VGG16_PX, VGG16_PX, 3) uint8 RGB in, one float32 output.

    Args:
        backbone: from `backbone_weights`.
        head: `hidden1`, `hidden2` and `logits`, each with `/kernel` (in, out) and `/bias`, or None.
    Returns:
        A model whose output is (n, FEATURES) features, flattened as Keras does, or (n, categories) logits.
    """
    pixels = ops.parameter([-1, VGG16_PX, VGG16_PX, 3], np.uint8, name="pixels")
    pixels.output(0).get_tensor().set_names({"pixels"})
    centred = ops.subtract(ops.convert(pixels, np.float32), np.array(MEAN_RGB, np.float32))
    x = ops.transpose(centred, np.array([0, 3, 1, 2], np.int64))
    for block, (count, _) in enumerate(BLOCKS, 1):
        for number in range(1, count + 1):
            layer = f"block{block}_conv{number}"
            kernel = np.ascontiguousarray(backbone[f"{layer}/kernel"].transpose(3, 2, 0, 1))
            x = ops.convolution(x, ops.constant(kernel), [1, 1], [1, 1], [1, 1], [1, 1])
            x = ops.relu(ops.add(x, ops.constant(backbone[f"{layer}/bias"].reshape(1, -1, 1, 1))))
        x = ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0)
    x = ops.transpose(x, np.array([0, 2, 3, 1], np.int64))
    x = ops.reshape(x, np.array([0, FEATURES], np.int64), special_zero=True)
    if head is not None:
        for layer in ("hidden1", "hidden2", "logits"):
            x = ops.matmul(x, ops.constant(head[f"{layer}/kernel"]), False, False)
            x = ops.add(x, ops.constant(head[f"{layer}/bias"][None]))
            if layer != "logits":
                x = ops.relu(x)
    return ov.Model([ops.result(x)], [pixels], "vgg16")


def _random(seed: int) -> Weights:
    """He initialisation, which keeps the size of activations through ReLU layers: here, near 1 from the pixels on."""
    generator = np.random.default_rng(seed)
    weights: Weights = {}
    for layer, channels_in, channels_out in convolutions():
        kernel = generator.standard_normal((3, 3, channels_in, channels_out), np.float32)
        weights[f"{layer}/kernel"] = kernel * np.float32(np.sqrt(2 / (9 * channels_in)))
        weights[f"{layer}/bias"] = np.zeros(channels_out, np.float32)
    weights["block1_conv1/kernel"] /= PIXEL_DEVIATION
    return weights


def _imagenet_file() -> Path:
    """Keras' file, downloaded unless its cache has it."""
    import keras

    cached = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models" / IMAGENET_FILE
    timeout_s = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT_S)
    try:
        # Keras tells of its download on standard output, which belongs to the command's answer.
        with contextlib.redirect_stdout(sys.stderr):
            return Path(
                keras.utils.get_file(
                    IMAGENET_FILE,
                    IMAGENET_URL,
                    cache_dir=str(cached.parent.parent),
                    cache_subdir="models",
                    file_hash=IMAGENET_MD5,
                )
            )
    except Exception as error:  # Keras raises bare Exception for what the network does
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError("imagenet", f"not at {cached}, and no download ({reason})", ADVICE) from error
    finally:
        socket.setdefaulttimeout(timeout_s)


def _read_h5(path: Path) -> Weights:
    """Every array below a group named as a layer, whatever stands around the names."""
    import h5py

    found: Weights = {}

    def visit(name: str, item: object) -> None:
        layer = re.search(r"block\d_conv\d", name)
        if layer and isinstance(item, h5py.Dataset) and "optimizer" not in name:
            found[f"{layer.group()}/{'kernel' if item.ndim == 4 else 'bias'}"] = item[()]

    with h5py.File(path) as file:
        file.visititems(visit)
    return _from_bgr(found)


def _read_keras(path: Path) -> Weights:
    import keras

    found: Weights = {}
    # Code in the file is refused (safe mode); a backbone may stand inside another model.
    for layer in keras.saving.load_model(path, compile=False, safe_mode=True)._flatten_layers():
        if re.fullmatch(r"block\d_conv\d", layer.name):
            found |= {f"{layer.name}/{variable.name}": np.asarray(variable.value) for variable in layer.weights}
    return _from_bgr(found)


def _read_safetensors(path: Path) -> Weights:
    """Names as here (RGB), or torchvision's `features.N.weight` on pixels scaled to its mean and deviation."""
    arrays = load_file(path)
    if not any(name.startswith("features.") for name in arrays):
        return arrays
    numbers = sorted({int(name.split(".")[1]) for name in arrays if re.fullmatch(r"features\.\d+\.weight", name)})
    found: Weights = {}
    for (layer, *_), number in zip(convolutions(), numbers, strict=False):
        found[f"{layer}/kernel"] = arrays[f"features.{number}.weight"].transpose(2, 3, 1, 0)
        found[f"{layer}/bias"] = arrays[f"features.{number}.bias"]
    # torchvision reads (pixel / 255 - mean) / deviation; the means are ours to within half a grey level.
    found["block1_conv1/kernel"] = found["block1_conv1/kernel"] / (
        255 * np.array([0.229, 0.224, 0.225], np.float32)[:, None]
    )
    return found


def _from_bgr(weights: Weights) -> Weights:
    """Keras' VGG16 reads blue first; turning the first kernel's channels spares turning every photo's."""
    if "block1_conv1/kernel" in weights:
        weights["block1_conv1/kernel"] = weights["block1_conv1/kernel"][:, :, ::-1]
    return weights


def _fitting(source: str, found: Weights) -> Weights:
    weights: Weights = {}
    for layer, channels_in, channels_out in convolutions():
        for part, shape in (("kernel", (3, 3, channels_in, channels_out)), ("bias", (channels_out,))):
            array = found.get(f"{layer}/{part}")
            if array is None:
                raise WeightsError(source, f"holds no {layer}/{part}, so it is no VGG16", ADVICE)
            if array.shape != shape:
                raise WeightsError(source, f"{layer}/{part} is {array.shape} and not {shape}", ADVICE)
            weights[f"{layer}/{part}"] = np.ascontiguousarray(array, np.float32)
    return weights

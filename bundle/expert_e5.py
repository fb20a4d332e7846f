"""The `e5` text expert: multilingual-e5-small, which knew French before it saw a listing, and a linear head."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self
from weakref import WeakValueDictionary

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bundle.e5 import WEIGHTS, WIDTH, E5Encoder
from bundle.error import DamagedBundleError
from bundle.expert import Device
from bundle.text import CleanText

ENCODER = "encoder.safetensors"
HEAD = "head.safetensors"
MAX_PIECES = 64
"""Read of a listing, prompt included."""

_encoders_in_use: WeakValueDictionary[tuple[bytes, int | None], E5Encoder] = WeakValueDictionary()


def e5_text(text: CleanText) -> str:
    """What the expert reads: the title, then as much of the description as fits."""
    return f"{text.designation} {text.description}".strip()


class E5Expert:
    """Encoder and softmax head.

    On disk: `encoder.safetensors` (weights and pieces, as `load_e5_weights` describes them) and `head.safetensors`
    (`coef`, `bias`).

    Args:
        encoder: texts to (n, WIDTH) vectors.
        coef, bias: (WIDTH, categories) and (categories,) float32: logits = vectors @ coef + bias.
    """

    def __init__(self, encoder: E5Encoder, coef: np.ndarray, bias: np.ndarray) -> None:
        if coef.shape != (WIDTH, len(bias)):
            raise ValueError(f"coef is {coef.shape}, not ({WIDTH}, {len(bias)})")
        self._encoder = encoder
        self._coef = np.ascontiguousarray(coef, np.float32)
        self._bias = bias.astype(np.float32)

    @classmethod
    def open(cls, directory: Path, *, threads: int | None, device: Device) -> Self:  # noqa: ARG003
        """Read what `save` wrote. The expert runs on the CPU whatever is asked.

        Raises:
            DamagedBundleError: a file is missing or cannot be read.
            KeyError, ValueError: an array is missing or not of its shape.
        """
        head = _read(directory / HEAD)
        return cls(_encoder(directory / ENCODER, threads=threads), head["coef"], head["bias"])

    def logits(self, batch: Sequence[CleanText], /) -> np.ndarray:
        """(n,) texts to (n, categories) float32 logits."""
        return self._encoder.vectors([e5_text(text) for text in batch]) @ self._coef + self._bias

    @staticmethod
    def save(
        directory: Path, *, coef: np.ndarray, bias: np.ndarray, encoder: Mapping[str, np.ndarray] | None = None
    ) -> None:
        """Write the expert's files.

        Args:
            coef, bias: as the class has them.
            encoder: as `load_e5_weights` describes them; None: those that come with the project.
        """
        directory.mkdir(parents=True, exist_ok=True)
        coef, bias = (np.ascontiguousarray(array, np.float32) for array in (coef, bias))
        save_file({"coef": coef, "bias": bias}, directory / HEAD)
        if encoder is None:
            shutil.copyfile(WEIGHTS, directory / ENCODER)
        else:
            save_file({name: np.ascontiguousarray(array) for name, array in encoder.items()}, directory / ENCODER)


def _encoder(path: Path, *, threads: int | None) -> E5Encoder:
    """The encoder of a file. Bundles whose encoders are the same share one: while a version takes over from another
    in a replica, the large part of both is there once, and the new version need not build it."""
    try:
        with path.open("rb") as file:
            key = hashlib.file_digest(file, "sha256").digest(), threads
    except OSError as error:
        raise DamagedBundleError(str(path), f"cannot be read ({error.strerror})") from error
    encoder = _encoders_in_use.get(key)
    if encoder is None:
        encoder = _encoders_in_use[key] = E5Encoder(_read(path), max_pieces=MAX_PIECES, threads=threads)
    return encoder


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise DamagedBundleError(str(path), f"cannot be read ({error})") from error

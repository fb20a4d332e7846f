"""The plain way, as a Keras tutorial has it: `model.fit` on padded titles, `model.predict` on photos.

They run in a process of their own, so that TensorFlow shares no threads with what it is compared with.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

import numpy as np

from bundle.image import prepare_image
from bundle.lite0 import FEATURES
from train.scores import weighted_f1

Given = ParamSpec("Given")
Made = TypeVar("Made")

BATCH = 32


@dataclass(frozen=True, slots=True)
class PlainEpoch:
    """Seconds of one `model.fit` of one epoch, and weighted F1 on the held-out titles (NaN without any)."""

    seconds: float
    weighted_f1: float


@dataclass(frozen=True, slots=True)
class PlainFeatures:
    """Seconds for all photos: to build the network, to open and scale them one after the other, to ask it."""

    build_s: float
    decode_s: float
    predict_s: float

    @property
    def whole_s(self) -> float:
        return self.build_s + self.decode_s + self.predict_s


class PlainProcess:
    """One process for all that plain Keras does: it imports TensorFlow once."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, get_context("spawn"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def run(self, work: Callable[Given, Made], *arguments: Given.args, **named: Given.kwargs) -> Made:
        """What `work` gives there."""
        return self._pool.submit(work, *arguments, **named).result()


def fit_bigru(
    token_ids: np.ndarray,
    class_index: np.ndarray,
    is_held_out: np.ndarray,
    *,
    vocabulary: int,
    categories: int,
    epochs: int,
    target: float = 1.0,
    seed: int = 7,
) -> list[PlainEpoch]:
    """Train the reference network by `model.fit`, an epoch at a time, until the target or the last epoch.

    Args:
        token_ids: (n, tokens) int32, padded to one length; class_index, is_held_out: (n,).
        target: weighted F1 on the held-out titles.
    """
    from bundle.keras_runner import import_keras

    keras = import_keras()
    from train.keras_text import bigru

    keras.utils.set_random_seed(seed)
    model = bigru(vocabulary=vocabulary, categories=categories, dropout=0.3)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history: list[PlainEpoch] = []
    while len(history) < epochs and not (history and history[-1].weighted_f1 >= target):
        started = time.perf_counter()
        model.fit(token_ids[~is_held_out], class_index[~is_held_out], batch_size=BATCH, verbose=0)
        seconds = time.perf_counter() - started
        reached = float("nan")
        if is_held_out.any():
            reached = weighted_f1(model.predict(token_ids[is_held_out], verbose=0), class_index[is_held_out])
        history.append(PlainEpoch(seconds, reached))
    return history


def predict_features(photos: Sequence[Path]) -> PlainFeatures:
    """Features of photos by Keras over the same backbone; the first batch is asked once before the clock starts."""
    from bundle.keras_runner import import_keras

    keras = import_keras()
    from train.keras_lite0 import lite0_keras

    started = time.perf_counter()
    whole = lite0_keras(np.zeros((FEATURES, 2), np.float32), np.zeros(2, np.float32))
    model = keras.Model(whole.input, whole.get_layer("features").output)
    built = time.perf_counter()
    pixels = np.stack([prepare_image(photo) for photo in photos])
    decoded = time.perf_counter()
    model.predict(pixels[:BATCH], batch_size=BATCH, verbose=0)
    warm = time.perf_counter()
    model.predict(pixels, batch_size=BATCH, verbose=0)
    return PlainFeatures(built - started, decoded - built, time.perf_counter() - warm)

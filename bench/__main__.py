"""`make bench`: the photo model as it is served against `keras.predict`, over the same weights in one run.

Both answer the sample's photos one at a time, in turns, so that what else the machine does falls on both alike.
"""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bundle.expert_lite0 import Lite0Expert
from bundle.lite0 import FEATURES
from datasets.bundled import sample_path
from train.pixels import pixels_of

PHOTOS = 60
CATEGORIES = 27


def main() -> None:
    """Print the median of each way, and their ratio."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from train.keras_lite0 import lite0_keras

    photos = sorted((sample_path() / "images" / "image_train").glob("*.jpg"))[:PHOTOS]
    pixels = pixels_of(photos)
    generator = np.random.default_rng(7)
    coef = generator.normal(0, 0.05, (FEATURES, CATEGORIES)).astype(np.float32)
    bias = np.zeros(CATEGORIES, np.float32)
    with TemporaryDirectory() as directory:
        Lite0Expert.save(Path(directory), coef=coef, bias=bias)
        served = Lite0Expert.open(Path(directory), threads=None, device="cpu")
        keras_model = lite0_keras(coef, bias)
        ours = _timed(served.logits)
        plain = _timed(lambda photo: keras_model.predict(photo, verbose=0))
        for way in (ours, plain):
            way(pixels[:1])
        pairs = [(ours(photo[None]), plain(photo[None])) for photo in pixels]
    medians_ms = [statistics.median(times) * 1000 for times in zip(*pairs, strict=True)]
    print(f"one photo, median of {len(pairs)}: served {medians_ms[0]:.1f} ms, keras.predict {medians_ms[1]:.1f} ms")
    print(f"served is {medians_ms[1] / medians_ms[0]:.1f} times as fast")


def _timed(answer: Callable[[np.ndarray], object]) -> Callable[[np.ndarray], float]:
    def seconds(photo: np.ndarray) -> float:
        started = time.perf_counter()
        answer(photo)
        return time.perf_counter() - started

    return seconds


if __name__ == "__main__":
    main()

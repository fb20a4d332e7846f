"""Fits the head of the `lite0` image expert on features of the frozen backbone."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bundle.image import IMAGE_PX
from bundle.lite0 import WEIGHTS, Lite0Features
from bundle.shipped import shipped_digest
from datasets.photo import photo_key
from datasets.progress import Progress, silent
from train.features import cached_features
from train.options import Lite0Settings
from train.parallel import map_threads
from train.pixels import pixels_of
from train.softmax_head import fit_softmax_head

if TYPE_CHECKING:
    from train.spread import Compute


def lite0_features(photos: list[Path], *, cache_dir: Path, workers: int = 1, progress: Progress = silent) -> np.ndarray:
    """(n, 1280) float32 features of photos that decode, from the cache where it has them."""

    def load(threads: int | None) -> "Compute":
        backbone = Lite0Features(threads)
        return lambda places: backbone.features(pixels_of([photos[place] for place in places]))

    keys = map_threads(photo_key, photos)
    return cached_features(
        keys, load, backbone=lite0_identity(), cache_dir=cache_dir, workers=workers, progress=progress
    )


def lite0_identity() -> str:
    """Tells the frozen backbone apart in the cache: its weights, and the side of the photos that it reads."""
    return f"lite0-{IMAGE_PX}-{shipped_digest(WEIGHTS)[:8]}"


def fit_lite0_head(
    features: np.ndarray,
    class_index: np.ndarray,
    *,
    categories: int,
    seed: int,
    settings: Lite0Settings = Lite0Settings(),
) -> tuple[np.ndarray, np.ndarray]:
    """coef (1280, categories) and bias (categories,) float32, see `fit_softmax_head`."""
    return fit_softmax_head(
        features,
        class_index,
        categories=categories,
        inverse_regularisation=settings.inverse_regularisation,
        seed=seed,
    )

"""Photos as the pixels that image experts see, decoded on all cores."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bundle.image import prepare_image
from train.parallel import map_threads


def pixels_of(photos: Sequence[Path | bytes]) -> np.ndarray:
    """(n, IMAGE_PX, IMAGE_PX, 3) uint8 of photos that decode, at least one, by `bundle.image.prepare_image`."""
    return np.stack(map_threads(prepare_image, photos))

"""How a photo becomes the pixels that every image expert sees."""

from pathlib import Path

import numpy as np
from PIL import Image

from datasets.photo import open_photo

IMAGE_PX = 224


def prepare_image(source: Path | bytes) -> np.ndarray:
    """Decode a photo, shrink it to fit and centre it on a white square.

    White, because that is what shops put around a product: a tall photo looks like the square ones of training.

    Args:
        source: path or bytes of an encoded photo.
    Returns:
        (IMAGE_PX, IMAGE_PX, 3) uint8, RGB.
    Raises:
        PhotoError: the photo is refused, with the reason.
    """
    photo = open_photo(source, smallest_side=IMAGE_PX)
    return square(photo)


def square(photo: Image.Image) -> np.ndarray:
    """The photo, whole, on a white square of IMAGE_PX: (IMAGE_PX, IMAGE_PX, 3) uint8."""
    scale = IMAGE_PX / max(photo.size)
    width, height = (max(1, round(side * scale)) for side in photo.size)
    if (width, height) != photo.size:
        photo = photo.resize((width, height), Image.Resampling.BILINEAR)
    if (width, height) == (IMAGE_PX, IMAGE_PX):
        return np.asarray(photo)
    canvas = Image.new("RGB", (IMAGE_PX, IMAGE_PX), "white")
    canvas.paste(photo, ((IMAGE_PX - width) // 2, (IMAGE_PX - height) // 2))
    return np.asarray(canvas)

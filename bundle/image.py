"""How a photo becomes the pixels that every image expert sees."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from datasets.photo import open_photo

IMAGE_PX = 288
"""On real photos frozen features of `lite0` have two points of F1 more than at 224, which the network was trained on,
for 1.7 times the work."""


class Area(NamedTuple):
    """A rectangle of the square, in pixels from its top left; `right` and `bottom` are the first ones outside."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, eq=False, slots=True)
class SquaredPhoto:
    """A photo as image experts see it, and where on the white it lies.

    Attributes:
        pixels: (IMAGE_PX, IMAGE_PX, 3) uint8, RGB.
        area: of the photo itself; the rest is white.
    """

    pixels: np.ndarray
    area: Area


def prepare_image(source: Path | bytes) -> np.ndarray:
    """The pixels of `prepare_photo`: (IMAGE_PX, IMAGE_PX, 3) uint8, RGB.

    Raises:
        PhotoError: the photo is refused, with the reason.
    """
    return prepare_photo(source).pixels


def prepare_photo(source: Path | bytes) -> SquaredPhoto:
    """Decode a photo, shrink it to fit and centre it on a white square.

    White, because that is what shops put around a product: a tall photo looks like the square ones of training.

    Args:
        source: path or bytes of an encoded photo.
    Raises:
        PhotoError: the photo is refused, with the reason.
    """
    photo = open_photo(source, smallest_side=IMAGE_PX)
    return SquaredPhoto(square(photo), photo_area(*photo.size))


def square(photo: Image.Image) -> np.ndarray:
    """The photo, whole, on a white square of IMAGE_PX: (IMAGE_PX, IMAGE_PX, 3) uint8."""
    area = photo_area(*photo.size)
    size = (area.right - area.left, area.bottom - area.top)
    if size != photo.size:
        photo = photo.resize(size, Image.Resampling.BILINEAR)
    if size == (IMAGE_PX, IMAGE_PX):
        return np.asarray(photo)
    canvas = Image.new("RGB", (IMAGE_PX, IMAGE_PX), "white")
    canvas.paste(photo, (area.left, area.top))
    return np.asarray(canvas)


def resized(pixels: np.ndarray, px: int) -> np.ndarray:
    """Squares of another side, for networks that read other ones.

    Args:
        pixels: (n, side, side, 3) uint8.
    Returns:
        (n, px, px, 3) uint8; the same array where that is its side.
    """
    if pixels.shape[1] == px:
        return pixels
    squares = np.empty((len(pixels), px, px, 3), np.uint8)
    for square, photo in zip(squares, pixels, strict=True):
        square[:] = np.asarray(Image.fromarray(photo).resize((px, px), Image.Resampling.BILINEAR))
    return squares


def photo_area(width_px: int, height_px: int) -> Area:
    """Where `square` puts a photo of that size."""
    scale = IMAGE_PX / max(width_px, height_px)
    width, height = (max(1, round(side * scale)) for side in (width_px, height_px))
    left, top = (IMAGE_PX - width) // 2, (IMAGE_PX - height) // 2
    return Area(left, top, left + width, top + height)

"""A product's photo as it is stored and shown: upright, without anything that the camera wrote beside it."""

import hashlib
import os
import threading
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from datasets.error import PhotoError
from datasets.photo import open_photo
from serve_app.error import RequestError

LONGEST_PX = 2048
"""Larger photos are stored smaller: nobody looks at more, and every model reads less."""

QUALITY = 92
THUMBNAIL_QUALITY = 85

_decoding = threading.BoundedSemaphore(os.cpu_count() or 1)
"""A photo of 50 million pixels takes 150 MB while it is decoded."""


@dataclass(frozen=True, slots=True)
class NewPhoto:
    """A photo that can be stored.

    Attributes:
        hash: SHA-256 of `jpeg`, in hex.
    """

    jpeg: bytes
    hash: str
    width: int
    height: int


def new_photo(source: bytes, *, max_bytes: int) -> NewPhoto:
    """What is stored of a photo: its pixels alone, at most LONGEST_PX on each side.

    Raises:
        RequestError: it cannot be decoded.
    """
    with _decoding:
        try:
            shown = open_photo(source, max_bytes=max_bytes, smallest_side=LONGEST_PX)
        except PhotoError as error:
            raise RequestError("image", str(error)) from None
        shown.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
        jpeg = _jpeg(shown, QUALITY)
    return NewPhoto(jpeg, hashlib.sha256(jpeg).hexdigest(), *shown.size)


def thumbnail(jpeg: bytes, *, longest_px: int) -> bytes:
    """A stored photo, its longest side `longest_px` at most."""
    with _decoding, Image.open(BytesIO(jpeg), formats=("JPEG",)) as image:
        image.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
        return _jpeg(image, THUMBNAIL_QUALITY)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    # Pillow takes comments, profiles and more over from the file that an image came from; one made of pixels has none.
    buffer = BytesIO()
    Image.fromarray(np.asarray(image)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()

"""Photos of any shape become the same square of pixels."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from bundle.image import IMAGE_PX, prepare_image
from datasets.error import PhotoError


def encode(photo: Image.Image, encoding: str = "PNG") -> bytes:
    buffer = BytesIO()
    photo.save(buffer, encoding)
    return buffer.getvalue()


@pytest.mark.parametrize("size", [(224, 224), (500, 500), (1000, 30), (30, 1000), (1, 1), (3, 4000)])
@pytest.mark.parametrize("encoding", ["PNG", "JPEG"])
def test_every_shape_gives_the_same_array(size: tuple[int, int], encoding: str) -> None:
    pixels = prepare_image(encode(Image.new("RGB", size, "navy"), encoding))
    assert pixels.shape == (IMAGE_PX, IMAGE_PX, 3)
    assert pixels.dtype == np.uint8


def test_a_tall_photo_is_whole_and_centred_on_white() -> None:
    pixels = prepare_image(encode(Image.new("RGB", (100, 200), "navy")))
    assert (pixels[:, : 224 // 4] == 255).all()
    assert (pixels[:, -224 // 4 :] == 255).all()
    assert (pixels[:, 56:168] == (0, 0, 128)).all()


def test_white_margins_by_the_shop_or_by_us_are_the_same() -> None:
    tall = Image.linear_gradient("L").resize((200, 400)).convert("RGB")
    square = Image.new("RGB", (400, 400), "white")
    square.paste(tall, (100, 0))
    difference = np.abs(prepare_image(encode(tall)).astype(int) - prepare_image(encode(square)).astype(int))
    assert difference.mean() < 1


def test_what_is_no_photo_is_refused() -> None:
    with pytest.raises(PhotoError):
        prepare_image(b"not a photo")

"""Photos of any shape become the same square of pixels."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from bundle.image import IMAGE_PX, Area, prepare_image, prepare_photo, resized
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
    assert (pixels[:, : IMAGE_PX // 4] == 255).all()
    assert (pixels[:, -IMAGE_PX // 4 :] == 255).all()
    assert (pixels[:, IMAGE_PX // 4 : 3 * IMAGE_PX // 4] == (0, 0, 128)).all()


@pytest.mark.parametrize(
    ("size", "area"),
    [
        ((100, 200), Area(72, 0, 216, 288)),
        ((2000, 1000), Area(0, 72, 288, 216)),
        ((500, 500), Area(0, 0, 288, 288)),
        ((3, 4000), Area(143, 0, 144, 288)),
    ],
)
def test_a_photo_lies_where_it_is_said_to(size: tuple[int, int], area: Area) -> None:
    photo = prepare_photo(encode(Image.new("RGB", size, "navy")))
    assert photo.area == area
    is_white = (photo.pixels == 255).all(axis=2)
    assert not is_white[area.top : area.bottom, area.left : area.right].any()
    assert (~is_white).sum() == (area.right - area.left) * (area.bottom - area.top)


def test_the_area_is_that_of_the_upright_photo() -> None:
    lying = Image.new("RGB", (400, 200), "navy")
    exif = lying.getexif()
    exif[0x0112] = 6
    buffer = BytesIO()
    lying.save(buffer, "JPEG", exif=exif)
    assert prepare_photo(buffer.getvalue()).area == Area(72, 0, 216, 288)


def test_white_margins_by_the_shop_or_by_us_are_the_same() -> None:
    tall = Image.linear_gradient("L").resize((200, 400)).convert("RGB")
    square = Image.new("RGB", (400, 400), "white")
    square.paste(tall, (100, 0))
    difference = np.abs(prepare_image(encode(tall)).astype(int) - prepare_image(encode(square)).astype(int))
    assert difference.mean() < 1


def test_a_network_of_another_side_sees_the_same_photo() -> None:
    photo = encode(Image.linear_gradient("L").resize((500, 400)).convert("RGB"))
    pixels = prepare_image(photo)[None]
    assert resized(pixels, IMAGE_PX) is pixels
    (smaller,) = resized(pixels, IMAGE_PX // 2)
    assert smaller.shape == (IMAGE_PX // 2, IMAGE_PX // 2, 3) and smaller.dtype == np.uint8
    means = pixels[0].reshape(IMAGE_PX // 2, 2, IMAGE_PX // 2, 2, 3).mean(axis=(1, 3))
    assert np.abs(smaller - means).mean() < 2


def test_what_is_no_photo_is_refused() -> None:
    with pytest.raises(PhotoError):
        prepare_image(b"not a photo")

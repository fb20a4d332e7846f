"""A stored photo shows what the seller saw, and says nothing else."""

import hashlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from serve_app.error import RequestError
from serve_app.products.photo import LONGEST_PX, new_photo, thumbnail

SECRET = "Anne's secret"


def opened(jpeg: bytes) -> Image.Image:
    image = Image.open(BytesIO(jpeg))
    image.load()
    return image


def with_all_metadata(kind: str) -> bytes:
    """A photo that tells where, when, by whom and with what it was taken, in every place that its format has."""
    exif = Image.Exif()
    exif[0x010F], exif[0x013B], exif[0x8298] = SECRET, SECRET, SECRET  # camera, artist, copyright
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{SECRET}</x:xmpmeta>".encode()
    how: dict = {"exif": exif.tobytes(), "icc_profile": SECRET.encode() * 20}
    if kind == "JPEG":
        how |= {"comment": SECRET, "xmp": xmp, "dpi": (271, 271)}
    elif kind == "WEBP":
        how |= {"xmp": xmp}
    elif kind == "PNG":
        how["pnginfo"] = PngInfo()
        how["pnginfo"].add_text("Comment", SECRET)
        how["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode())
    else:
        how = {"comment": SECRET}
    buffer = BytesIO()
    Image.new("RGB", (60, 40), "orange").save(buffer, kind, **how)
    assert SECRET.encode() in buffer.getvalue()
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_nothing_is_kept_beside_the_pixels(kind: str) -> None:
    stored = new_photo(with_all_metadata(kind), max_bytes=1_000_000)
    for jpeg in (stored.jpeg, thumbnail(stored.jpeg, longest_px=32)):
        assert SECRET.encode() not in jpeg and b"Exif" not in jpeg and b"xmp" not in jpeg and b"GPS" not in jpeg
        image = opened(jpeg)
        assert image.format == "JPEG"
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert image.info["jfif_density"] == (1, 1)


def test_a_photo_taken_sideways_is_stored_upright() -> None:
    lying = Image.new("RGB", (80, 40), "blue")
    lying.paste("red", (0, 0, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right
    buffer = BytesIO()
    lying.save(buffer, "JPEG", exif=exif, quality=95)
    stored = new_photo(buffer.getvalue(), max_bytes=1_000_000)
    shown = opened(stored.jpeg)
    assert shown.size == (stored.width, stored.height) == (40, 80)
    assert shown.getpixel((20, 10))[0] > 200 and shown.getpixel((20, 70))[2] > 200  # type: ignore[index]


def test_transparent_parts_are_stored_white() -> None:
    buffer = BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(buffer, "PNG")
    assert np.asarray(opened(new_photo(buffer.getvalue(), max_bytes=1_000_000).jpeg)).min() > 250


def test_a_large_photo_is_stored_smaller(new_picture: Callable[..., bytes]) -> None:
    stored = new_photo(new_picture(size=(3000, 1500)), max_bytes=20_000_000)
    assert opened(stored.jpeg).size == (stored.width, stored.height) == (LONGEST_PX, LONGEST_PX // 2)


def test_the_same_photo_has_the_same_name(new_picture: Callable[..., bytes]) -> None:
    first, again = (new_photo(new_picture(3), max_bytes=1_000_000) for _ in range(2))
    assert first == again
    assert first.hash == hashlib.sha256(first.jpeg).hexdigest()


@pytest.mark.parametrize(("longest_px", "size"), [(32, (32, 24)), (16, (16, 12)), (64, (64, 48)), (1024, (64, 48))])
def test_a_thumbnail_is_never_larger(new_picture: Callable[..., bytes], longest_px: int, size: tuple[int, int]) -> None:
    assert opened(thumbnail(new_picture(), longest_px=longest_px)).size == size


@pytest.mark.parametrize("photo", [b"", b"not a photo", b"\xff\xd8\xff", b"%!PS-Adobe"])
def test_what_is_no_photo_is_refused(photo: bytes) -> None:
    with pytest.raises(RequestError) as caught:
        new_photo(photo, max_bytes=1_000_000)
    assert (caught.value.field, caught.value.status_code) == ("image", 422)

"""A photo of an unusual kind shows the same picture as its plain twin; one that cannot be shown says why."""

import io
import pickle
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageCms

from datasets.error import PhotoError
from datasets.photo import open_photo, photo_key

NOISE = np.random.default_rng(0).integers(0, 256, (5, 6, 3), dtype=np.uint8)
PICTURE = Image.fromarray(NOISE).resize((60, 40), Image.Resampling.BICUBIC)
SHAPE = Image.new("L", PICTURE.size, 0)
SHAPE.paste(255, (15, 10, 45, 30))
ON_WHITE = Image.new("RGB", PICTURE.size, "white")
ON_WHITE.paste(PICTURE, mask=SHAPE)


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"quality": 98, "subsampling": 0} if kind in ("JPEG", "MPO") else {}) | options)
    return buffer.getvalue()


def encode_png(values: np.ndarray, *, colour_type: int, chunks: bytes = b"") -> bytes:
    """A 16-bit PNG, which Pillow doesn't write."""
    height, width = values.shape[:2]
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in values)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0))
        + chunks
        + _chunk(b"IDAT", zlib.compress(lines))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def without_adobe_marker(jpeg: bytes) -> bytes:
    start = jpeg.index(b"\xff\xee")
    return jpeg[:start] + jpeg[start + 2 + int.from_bytes(jpeg[start + 2 : start + 4], "big") :]


def turned(orientation: int) -> tuple[Image.Image, Image.Exif]:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that the orientation takes back
    exif = Image.Exif()
    exif[0x0112] = orientation
    return PICTURE.transpose(Image.Transpose(undo[orientation])), exif


def rotated(kind: str, orientation: int) -> bytes:
    image, exif = turned(orientation)
    return encode(image, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))


RGBA = PICTURE.copy()
RGBA.putalpha(SHAPE)
GREY = PICTURE.convert("L")
GREY_16 = np.asarray(GREY).astype(np.uint16) * 257
GREY_ON_WHITE = Image.new("L", GREY.size, 255)
GREY_ON_WHITE.paste(GREY, mask=SHAPE)
BLACK = Image.new("RGB", PICTURE.size)

TWINS = {
    "jpeg": (encode(PICTURE, "JPEG"), PICTURE),
    "progressive jpeg": (encode(PICTURE, "JPEG", progressive=True), PICTURE),
    "png": (encode(PICTURE, "PNG"), PICTURE),
    "webp": (encode(PICTURE, "WEBP", lossless=True), PICTURE),
    "bmp": (encode(PICTURE, "BMP"), PICTURE),
    "grey jpeg": (encode(GREY, "JPEG"), GREY),
    "one bit": (encode(PICTURE.convert("1"), "PNG"), PICTURE.convert("1")),
    "cmyk as adobe writes it": (encode(PICTURE.convert("CMYK"), "JPEG"), PICTURE),
    "cmyk without adobe's marker": (
        without_adobe_marker(encode(ImageChops.invert(PICTURE.convert("CMYK")), "JPEG")),
        PICTURE,
    ),
    "two pictures in one file": (encode(PICTURE, "MPO", save_all=True, append_images=[BLACK]), PICTURE),
    "16-bit grey": (encode(Image.fromarray(GREY_16), "PNG"), GREY),
    "16-bit colour": (encode_png(np.asarray(PICTURE).astype(np.uint16) * 257, colour_type=2), PICTURE),
    "16-bit colour and alpha": (encode_png(np.asarray(RGBA).astype(np.uint16) * 257, colour_type=6), ON_WHITE),
    "16-bit grey, one value transparent": (
        encode_png(
            np.where(np.asarray(SHAPE) > 0, np.minimum(GREY_16, 65534), 65535 * 0 + 7),
            colour_type=0,
            chunks=_chunk(b"tRNS", struct.pack(">H", 7)),
        ),
        GREY_ON_WHITE,
    ),
    "transparent png": (encode(RGBA, "PNG"), ON_WHITE),
    "transparent webp": (encode(RGBA, "WEBP", lossless=True), ON_WHITE),
    "transparent grey": (encode(RGBA.convert("LA"), "PNG"), GREY_ON_WHITE),
    "transparent palette": (encode(RGBA.quantize(255), "PNG"), ON_WHITE),
    "one bit, black transparent": (encode(PICTURE.convert("1"), "PNG", transparency=0), Image.new("L", (60, 40), 255)),
    "palette": (encode(PICTURE.quantize(256), "PNG"), PICTURE.quantize(256)),
    "one transparent colour": (
        encode(
            Image.composite(PICTURE, Image.new("RGB", PICTURE.size, (1, 2, 3)), SHAPE), "PNG", transparency=(1, 2, 3)
        ),
        ON_WHITE,
    ),
    "animated gif": (encode(PICTURE, "GIF", save_all=True, append_images=[BLACK]), PICTURE.quantize(256)),
    "animated webp": (encode(PICTURE, "WEBP", lossless=True, save_all=True, append_images=[BLACK]), PICTURE),
    "animated png": (encode(PICTURE, "PNG", save_all=True, append_images=[BLACK]), PICTURE),
    "broken colour profile": (encode(PICTURE, "PNG", icc_profile=b"no profile"), PICTURE),
    "colour profile of another space": (
        encode(GREY, "PNG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
        GREY,
    ),
    "broken camera notes": (encode(PICTURE, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xffgarbage"), PICTURE),
    "notes after the end": (encode(PICTURE, "JPEG") + b"\0" * 500, PICTURE),
} | {
    f"{kind} turned {orientation}": (rotated(kind, orientation), PICTURE)
    for kind in ("JPEG", "PNG", "WEBP")
    for orientation in range(2, 9)
}


@pytest.mark.parametrize("kind", TWINS)
def test_a_photo_of_an_unusual_kind_looks_like_its_plain_twin(kind: str) -> None:
    data, twin = TWINS[kind]
    photo = open_photo(data)
    assert photo.mode == "RGB"
    assert photo.size == twin.size
    difference = np.asarray(photo).astype(int) - np.asarray(twin.convert("RGB")).astype(int)
    tolerance = 8 if "gif" in kind or "palette" in kind else 2
    assert np.abs(difference).mean() < tolerance


def test_colours_of_a_wide_profile_come_out_as_srgb() -> None:
    # sRGB's red and green channels swapped: a profile whose effect nobody can overlook.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    swapped = _swap_colorants(bytes(profile))
    photo = open_photo(encode(Image.new("RGB", (20, 20), (200, 30, 30)), "PNG", icc_profile=swapped))
    red, green, _ = photo.getpixel((5, 5))
    assert green > 150 > red


def _swap_colorants(profile: bytes) -> bytes:
    """The profile with the tags of its red and green primaries exchanged, and another name."""
    data = bytearray(profile.replace(b"sRGB", b"xRGB").replace(b"s\0R\0G\0B", b"x\0R\0G\0B"))
    red, green = data.index(b"rXYZ", 128), data.index(b"gXYZ", 128)
    data[red : red + 4], data[green : green + 4] = data[green : green + 4], data[red : red + 4]
    return bytes(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.95])
def test_a_truncated_photo_is_refused(kind: str, share: float) -> None:
    data = encode(Image.effect_noise((300, 200), 80), kind)
    with pytest.raises(PhotoError):
        open_photo(data[: int(len(data) * share)])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 bytes"),
        (b"Bonjour, ceci est un texte.\n" * 20, "not a photo"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (encode(PICTURE, "TIFF"), "TIFF"),
        (b"\xff\xd8\xff\xe0garbage", "damaged"),
        (b"\0" * 1000, "not a photo"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_reason(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    for source in (data, path):
        with pytest.raises(PhotoError, match=reason):
            open_photo(source)


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (10_000, 9_500), (8_000, 7_000), (65_000, 800)])
def test_a_photo_of_too_many_pixels_is_refused_undecoded(width: int, height: int) -> None:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000)) + _chunk(b"IEND", b"")
    with pytest.raises(PhotoError, match="50 million"):
        open_photo(bomb)


def test_a_file_that_is_too_large_or_missing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encode(PICTURE, "JPEG"))
    with pytest.raises(PhotoError, match="bytes"):
        open_photo(path, max_bytes=100)
    with pytest.raises(PhotoError, match="No such file"):
        open_photo(tmp_path / "absent.jpg")


def test_a_large_jpeg_may_be_decoded_smaller_but_never_below_the_side_asked_for() -> None:
    data = encode(PICTURE.resize((1600, 1000)), "JPEG")
    assert open_photo(data).size == (1600, 1000)
    smaller = open_photo(data, smallest_side=224)
    assert smaller.size == (400, 250)
    assert open_photo(data, smallest_side=5000).size == (1600, 1000)


def test_the_key_of_a_photo_is_that_of_its_bytes(tmp_path: Path) -> None:
    data = encode(PICTURE, "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    assert photo_key(path) == photo_key(data) != photo_key(data + b"\0")


def test_a_photo_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(PhotoError("the photo is empty")))
    assert str(error) == "the photo is empty"
    assert error.exit_code == 2

"""A photo as a person sees it: upright, first frame, on white, 8-bit sRGB, or a clear reason why not."""

import hashlib
import warnings
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageCms

from datasets.error import PhotoError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")  # Pillow opens MPO, two JPEGs in one file, as JPEG
MAX_PIXELS = 50_000_000
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_photo(source: Path | bytes, *, max_bytes: int = 10_000_000, smallest_side: int | None = None) -> Image.Image:
    """Decode a photo into what a viewer shows.

    Args:
        source: path or bytes of a JPEG (also MPO), PNG, WebP, GIF or BMP.
        max_bytes: larger files are refused unread.
        smallest_side: a JPEG may be decoded smaller (and faster) as long as neither side falls below this.
    Returns:
        Mode RGB, 8 bits, upright by its EXIF orientation, first frame, transparency on white, colours in sRGB.
    Raises:
        PhotoError: empty, too large, not a photo, more than 50 million pixels (told before decoding), or truncated.
    """
    encoded = _read(source, max_bytes)
    # Pillow warns of broken camera notes, which don't matter here, and of large pictures, which are refused below.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        image = Image.open(BytesIO(encoded), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PhotoError(f"more than {MAX_PIXELS // 1_000_000} million pixels") from error
    except Exception as error:  # decoders raise what they like on a damaged header
        raise PhotoError(_foreign(encoded)) from error
    with image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise PhotoError(f"{width} x {height} pixels, more than {MAX_PIXELS // 1_000_000} million")
        try:
            if smallest_side is not None:
                image.draft(None, (smallest_side, smallest_side))
            image.load()
            shown = _on_white(image)
        except MemoryError:
            raise
        except Exception as error:
            reason = "truncated" if "truncated" in str(error) else "damaged"
            raise PhotoError(f"the photo is {reason} and cannot be decoded") from error
        turn = _UPRIGHT.get(_orientation(image))
    return shown.transpose(turn) if turn is not None else shown


def photo_key(source: Path | bytes) -> str:
    """SHA-256 of the encoded photo: two photos with one key are one photo."""
    return hashlib.sha256(source if isinstance(source, bytes) else source.read_bytes()).hexdigest()


def _read(source: Path | bytes, max_bytes: int) -> bytes:
    if isinstance(source, bytes):
        size_bytes = len(source)
    else:
        try:
            size_bytes = source.stat().st_size
            encoded = source.read_bytes() if size_bytes <= max_bytes else b""
        except OSError as error:
            raise PhotoError(f"cannot be read: {error.strerror}") from error
    if size_bytes == 0:
        raise PhotoError("the photo is empty (0 bytes)")
    if size_bytes > max_bytes:
        raise PhotoError(f"the photo has {size_bytes:,} bytes, at most {max_bytes:,} are accepted")
    return source if isinstance(source, bytes) else encoded


def _foreign(encoded: bytes) -> str:
    """Why bytes are no photo of ours, in words that help the one who sent them."""
    accepted = "JPEG, PNG, WebP, GIF and BMP are accepted"
    names = (
        (b"\xff\xd8\xff", None),
        (b"\x89PNG", None),
        (b"GIF8", None),
        (b"II*\0", "a TIFF image"),
        (b"MM\0*", "a TIFF image"),
        (b"%PDF", "a PDF document"),
        (b"%!PS", "a PostScript file"),
        (b"<svg", "an SVG drawing"),
        (b"PK\3\4", "a ZIP archive or office document"),
    )
    for magic, name in names:
        if encoded.startswith(magic):
            return (
                f"{name} is not a photo we read; {accepted}" if name else "the photo is damaged: its header is broken"
            )
    if encoded[4:8] == b"ftyp":
        return f"a HEIC or AVIF photo is not one we read; {accepted}"
    return f"not a photo; {accepted}"


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(0x0112, 1)
        return int(value) if isinstance(value, int) else 1
    except Exception:  # a camera's broken notes don't make the picture worse
        return 1


def _on_white(image: Image.Image) -> Image.Image:
    """The decoded image in RGB, its colours in sRGB, what is transparent white."""
    colours, alpha = _split_alpha(image)
    shown = _to_srgb(colours, image.info.get("icc_profile"))
    if alpha is None or alpha.getextrema() == (255, 255):
        return shown
    white = Image.new("RGB", shown.size, (255, 255, 255))
    white.paste(shown, mask=alpha)
    return white


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colours in a mode without alpha (L, RGB or CMYK), and the alpha as L."""
    transparent = "transparency" in image.info
    if image.mode.startswith("I") or image.mode == "F":
        return _to_8_bit(image)
    if image.mode == "CMYK":
        # Adobe writes CMYK inverted and says so; Pillow takes that for granted.
        inverted = image.format in ("JPEG", "MPO") and "adobe" not in image.info
        return (ImageChops.invert(image) if inverted else image), None
    if image.mode == "1":
        hidden = image.info.get("transparency")
        image, transparent = image.convert("L"), False
        if isinstance(hidden, int):
            return image, image.point([255 * (value != 255 * hidden) for value in range(256)])
    if image.mode == "L" and not transparent:
        return image, None
    if image.mode == "La":
        image = image.convert("LA")
    if image.mode == "LA":
        return image.getchannel("L"), image.getchannel("A")
    if transparent or image.mode in ("PA", "RGBA", "RGBa"):
        layered = image.convert("RGBA")
        return layered.convert("RGB"), layered.getchannel("A")
    return image.convert("RGB"), None


def _to_8_bit(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """16-bit grey scaled to 8 (255 = 65535), not clipped as a plain conversion would."""
    values = np.asarray(image).astype(np.float64)
    hidden = image.info.get("transparency")
    alpha = None
    if isinstance(hidden, int):
        alpha = Image.fromarray(np.where(values == hidden, 0, 255).astype(np.uint8))
    scale = 257.0 if image.mode.startswith("I;16") or values.max(initial=0) > 255 else 1.0
    return Image.fromarray(np.clip(np.rint(values / scale), 0, 255).astype(np.uint8)), alpha


def _to_srgb(colours: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        transform = _transform(profile, colours.mode)
        if transform is not None:
            converted = ImageCms.applyTransform(colours, transform)
            if converted is not None:
                return converted
    return colours.convert("RGB")


@lru_cache(maxsize=32)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The way from an embedded profile to sRGB; None where it is sRGB already, damaged, or of another colour space."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        if space != {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}.get(mode):
            return None
        if "srgb" in (source.profile.profile_description or "").lower():
            return None
        return ImageCms.buildTransform(
            source, ImageCms.createProfile("sRGB"), mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
        )
    except Exception:  # a broken profile leaves the colours as they are
        return None

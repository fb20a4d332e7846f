"""A seller's photo of a motif: background, crop, turn, light, noise and compression around one picture."""

import io
import random

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont

_BADGES = ("NEUF", "x2", "LOT", "-20%", "SALE", "100%", "4PCS", "HD", "PRO", "TOP")


def compose(
    picture: Image.Image, rng: random.Random, *, beside: Image.Image | None = None, mirrored: bool = True
) -> Image.Image:
    """A square RGB photo of `picture`.

    Args:
        picture: RGBA, trimmed.
        beside: a second thing that stands in the photo as well, RGBA.
        mirrored: the picture may be mirrored (it bears no writing).
    Returns:
        RGB, 224 to 320 px a side.
    """
    px = rng.choice((224, 240, 256, 256, 288, 320))
    photo = _background(px, rng)
    fill = rng.choice((rng.uniform(0.55, 0.8), rng.uniform(0.8, 0.98), rng.uniform(0.8, 0.98), rng.uniform(1.0, 1.3)))
    if beside is not None:
        _put(photo, _posed(beside, rng), rng, fill=rng.uniform(0.3, 0.5), spread=0.3)
    if rng.random() < 0.07:
        for _ in range(rng.randint(2, 4)):
            _put(photo, _posed(picture, rng, mirrored=mirrored), rng, fill=rng.uniform(0.3, 0.5), spread=0.26)
    else:
        _put(photo, _posed(picture, rng, mirrored=mirrored), rng, fill=fill, spread=0.04 if fill < 1 else 0.15)
    if rng.random() < 0.1:
        _badge(photo, rng)
    return _lit(photo.convert("RGB"), rng)


def encode(photo: Image.Image, rng: random.Random) -> bytes:
    """The photo as JPEG; one in seven went through a second, harder compression before."""
    if rng.random() < 0.15:
        rough = io.BytesIO()
        photo.save(rough, "JPEG", quality=rng.randint(25, 45))
        photo = Image.open(rough).convert("RGB")
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=rng.randint(72, 84), optimize=True)
    return out.getvalue()


def _background(px: int, rng: random.Random) -> Image.Image:
    kind = rng.random()
    if kind < 0.72:
        return Image.new("RGBA", (px, px), (255, 255, 255, 255))
    base = np.array([rng.randint(90, 245) for _ in range(3)], dtype=np.float32)
    if kind < 0.79:
        base[:] = rng.randint(205, 248)
    if kind < 0.87:
        slope = np.linspace(rng.uniform(-45, 0), rng.uniform(0, 45), px, dtype=np.float32)[:, None, None]
        return _rgba(np.broadcast_to(base + slope, (px, px, 3)))
    grain = np.random.default_rng(rng.getrandbits(32))
    if kind < 0.96:
        wood = np.array(rng.choice(((150, 105, 65), (195, 155, 110), (95, 65, 45), (215, 205, 190))), dtype=np.float32)
        veins = np.cumsum(grain.normal(0, 3.0, px)).astype(np.float32)
        veins = np.clip(veins - veins.mean(), -28, 28)[:, None]
        planks = np.where(np.arange(px) % rng.randint(50, 110) < 2, -45.0, 0.0).astype(np.float32)[:, None]
        field = wood + (veins + planks + grain.normal(0, 3, (px, px)).astype(np.float32))[:, :, None]
        return _rgba(field if rng.random() < 0.5 else field.transpose(1, 0, 2))
    blobs = grain.normal(0, 1, (6, 6, 3)).astype(np.float32) * 18 + base
    small = _rgba(blobs)
    return small.resize((px, px), Image.Resampling.BICUBIC)


def _rgba(field: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(field, 0, 255).astype(np.uint8), "RGB").convert("RGBA")


def _posed(picture: Image.Image, rng: random.Random, *, mirrored: bool = False) -> Image.Image:
    if mirrored and rng.random() < 0.35:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    squeeze = rng.uniform(0.8, 1.2)
    picture = picture.resize((max(8, int(picture.width * squeeze)), max(8, picture.height)))
    if rng.random() < 0.25:
        hue = rng.randint(-12, 12) % 256
        alpha = picture.getchannel("A")
        h, s, v = picture.convert("RGB").convert("HSV").split()
        picture = (
            Image.merge("HSV", (h.point([(i + hue) % 256 for i in range(256)]), s, v)).convert("RGB").convert("RGBA")
        )
        picture.putalpha(alpha)
    turn = rng.choice(
        (0, 0, 0, 0, rng.uniform(-6, 6), rng.uniform(-6, 6), rng.uniform(-25, 25), rng.choice((90, -90, 180)))
    )
    return picture.rotate(turn, Image.Resampling.BICUBIC, expand=True) if turn else picture


def _put(photo: Image.Image, thing: Image.Image, rng: random.Random, *, fill: float, spread: float) -> None:
    scale = fill * photo.width / max(thing.size)
    thing = thing.resize((max(4, int(thing.width * scale)), max(4, int(thing.height * scale))))
    x = int((photo.width - thing.width) / 2 + rng.uniform(-spread, spread) * photo.width)
    y = int((photo.height - thing.height) / 2 + rng.uniform(-spread, spread) * photo.height)
    if rng.random() < 0.45:
        shade = Image.new("RGBA", photo.size, (0, 0, 0, 0))
        dark = Image.new("RGBA", thing.size, (0, 0, 0, rng.randint(50, 120)))
        dark.putalpha(ImageChops.multiply(dark.getchannel("A"), thing.getchannel("A")))
        shade.paste(dark, (x + rng.randint(-8, 8), y + rng.randint(2, 9)))
        photo.alpha_composite(shade.filter(ImageFilter.GaussianBlur(rng.uniform(2, 7))))
    layer = Image.new("RGBA", photo.size, (0, 0, 0, 0))
    layer.paste(thing, (x, y))
    photo.alpha_composite(layer)


def _badge(photo: Image.Image, rng: random.Random) -> None:
    pen = ImageDraw.Draw(photo)
    size = rng.randint(14, 26)
    place = (rng.randint(4, photo.width // 2), rng.choice((4, photo.height - size - 8)))
    colour = rng.choice(((210, 30, 30, 255), (20, 20, 20, 255), (30, 90, 190, 255)))
    pen.text(place, rng.choice(_BADGES), fill=colour, font=ImageFont.load_default(size))


def _lit(photo: Image.Image, rng: random.Random) -> Image.Image:
    if rng.random() < 0.5:
        photo = ImageEnhance.Brightness(photo).enhance(rng.uniform(0.72, 1.08))
        photo = ImageEnhance.Contrast(photo).enhance(rng.uniform(0.75, 1.15))
        photo = ImageEnhance.Color(photo).enhance(rng.uniform(0.4, 1.2))
    if rng.random() < 0.3:
        warm = np.array(rng.choice(((1.06, 1.0, 0.88), (0.94, 0.99, 1.06))), dtype=np.float32)
        photo = Image.fromarray(np.clip(np.asarray(photo, np.float32) * warm, 0, 255).astype(np.uint8))
    if rng.random() < 0.3:
        photo = photo.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.6)))
    if rng.random() < 0.35:
        grain = np.random.default_rng(rng.getrandbits(32))
        noisy = np.asarray(photo, np.float32) + grain.normal(0, rng.uniform(1.5, 6), (photo.height, photo.width, 1))
        photo = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    return photo

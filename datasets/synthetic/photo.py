"""A seller's photo of a thing: framed, lit, dented by noise and compression."""

import io
import random

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from datasets.synthetic import backdrop, brush

WHITE = (255, 255, 255)
_BADGES = ("NEUF", "x2", "LOT", "-20%", "SALE", "100%", "4PCS", "HD", "PRO", "TOP", "Color A", "2 Pcs", "5V", "12 cm")


def compose(
    picture: Image.Image,
    rng: random.Random,
    *,
    framing: str,
    beside: Image.Image | None = None,
    mirrored: bool = True,
) -> Image.Image:
    """A square RGB photo of `picture`.

    Args:
        picture: RGBA, trimmed.
        framing: a name from `framing.py`.
        beside: a second thing that stands in the photo as well, RGBA.
        mirrored: the picture may be mirrored (it bears no writing).
    Returns:
        RGB, 224 to 320 px a side.
    """
    px = rng.choice((224, 240, 256, 256, 288, 320))
    picture = _posed(picture, rng, mirrored=mirrored)
    if framing == "snapshot":
        return _squared(_snapshot(picture, beside, px, rng), px)
    if framing in ("room", "lawn"):
        return _squared(_in_place(picture, px, rng, framing), px)
    photo = backdrop.plain((px, px), rng) if framing == "tinted" else Image.new("RGB", (px, px), WHITE)
    if framing == "scan":
        _put(photo, picture, centre=(0.5, 0.5), fill=rng.uniform(0.96, 1.0), rng=rng)
    elif framing == "shop":
        _put(photo, picture, centre=(0.5, 0.5), fill=rng.choice((0.28, 0.36, 0.55, 0.6, 0.7, 0.75)), rng=rng)
    elif framing == "collage":
        _collage(photo, picture, rng)
    else:
        _on_white(photo, picture, beside, rng)
    return _lit(photo, rng, strength=0.5)


def encode(photo: Image.Image, rng: random.Random) -> bytes:
    """The photo as JPEG; one in seven went through a second, harder compression before."""
    if rng.random() < 0.15:
        rough = io.BytesIO()
        photo.save(rough, "JPEG", quality=rng.randint(25, 45))
        photo = Image.open(rough).convert("RGB")
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=rng.randint(70, 82), optimize=True)
    return out.getvalue()


def _posed(picture: Image.Image, rng: random.Random, *, mirrored: bool) -> Image.Image:
    if mirrored and rng.random() < 0.35:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if mirrored and rng.random() < 0.3:
        picture = brush.recoloured(picture, rng.choice((rng.randint(-14, 14), rng.randint(0, 255))))
    return picture


def _on_white(photo: Image.Image, picture: Image.Image, beside: Image.Image | None, rng: random.Random) -> None:
    """The product and nothing else: once, with another thing, or several times."""
    kind = rng.random()
    if beside is not None:
        _put(photo, beside, centre=(rng.choice((0.22, 0.78)), 0.72), fill=rng.uniform(0.35, 0.5), rng=rng)
    if kind < 0.1:
        count = rng.choice((2, 2, 3, 4))
        for place in range(count):
            x, y = (
                ((0.27, 0.3), (0.73, 0.7), (0.73, 0.28), (0.27, 0.72))[place]
                if count > 2
                else (0.27 + 0.46 * place, 0.5)
            )
            _put(photo, picture, centre=(x, y), fill=rng.uniform(0.42, 0.52), rng=rng)
    else:
        turn = rng.choice((0, 0, 0, 0, 0, rng.uniform(-8, 8), rng.uniform(-40, 40)))
        turned = picture.rotate(turn, Image.Resampling.BICUBIC, expand=True) if turn else picture
        _put(photo, turned, centre=(0.5, 0.5), fill=rng.uniform(0.76, 0.98), rng=rng, shade=rng.random() < 0.4)
    if rng.random() < 0.12:
        _badge(photo, rng)


def _snapshot(picture: Image.Image, beside: Image.Image | None, px: int, rng: random.Random) -> Image.Image:
    """Taken at home: a table top, a slant, a shade, dull or yellow light, no sharp focus."""
    size = rng.choice(((px, px * 3 // 4), (px * 3 // 4, px), (px, px * 9 // 16), (px, px), (px * 3 // 4, px)))
    photo = backdrop.table(size, rng)
    if beside is not None:
        _put(photo, beside, centre=(rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)), fill=rng.uniform(0.3, 0.5), rng=rng)
    turn = rng.choice((0, rng.uniform(-4, 4), rng.uniform(-12, 12)))
    slanted = _slanted(picture.rotate(turn, Image.Resampling.BICUBIC, expand=True), rng)
    _put(photo, slanted, centre=(0.5, 0.5), fill=rng.uniform(0.72, 1.02), rng=rng, shade=True)
    field = np.asarray(photo, np.float32)
    height, width = field.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    sx, sy = rng.uniform(0, width), rng.uniform(0, height)
    away = np.hypot((x - sx) / width, (y - sy) / height)[:, :, None]
    field = field * (rng.uniform(0.85, 1.12) - rng.uniform(0.05, 0.4) * away)
    field = field + rng.uniform(0, 60) * np.exp(-((away * 5) ** 2)) * (rng.random() < 0.3)
    photo = Image.fromarray(np.clip(field, 0, 255).astype(np.uint8))
    return _lit(photo, rng, strength=1.0)


def _in_place(picture: Image.Image, px: int, rng: random.Random, framing: str) -> Image.Image:
    """The thing where it belongs, standing on the floor or the ground."""
    size = rng.choice(((px, px), (px, px), (px, px * 3 // 4), (px, px * 2 // 3)))
    photo = backdrop.room(size, rng) if framing == "room" else backdrop.lawn(size, rng)
    fill = rng.uniform(0.5, 0.85)
    _put(photo, picture, centre=(rng.uniform(0.4, 0.6), rng.uniform(0.52, 0.6)), fill=fill, rng=rng, shade=True)
    return _lit(photo, rng, strength=0.7)


def _collage(photo: Image.Image, picture: Image.Image, rng: random.Random) -> None:
    """The product with details in circles, and words."""
    _put(photo, picture, centre=(rng.uniform(0.42, 0.58), 0.42), fill=rng.uniform(0.62, 0.8), rng=rng)
    for place in range(rng.randint(0, 3)):
        radius = photo.width * 9 // 64
        crop = picture.resize((radius * 5, radius * 5)).rotate(rng.randint(-40, 40))
        x, y = rng.randint(0, crop.width - radius * 2), rng.randint(0, crop.height - radius * 2)
        detail = Image.new("RGB", (radius * 2, radius * 2), (235, 238, 242))
        crop = crop.crop((x, y, x + radius * 2, y + radius * 2))
        detail.paste(crop, (0, 0), crop)
        mask = Image.new("L", detail.size, 0)
        ImageDraw.Draw(mask).ellipse((0, 0, radius * 2 - 1, radius * 2 - 1), fill=255)
        photo.paste(detail, (6 + place * photo.width // 3, photo.width - radius * 2 - 6), mask)
    for _ in range(rng.randint(0, 2)):
        _badge(photo, rng)


def _put(
    photo: Image.Image,
    thing: Image.Image,
    *,
    centre: tuple[float, float],
    fill: float,
    rng: random.Random,
    shade: bool = False,
) -> None:
    """Paste a thing so that it fills that share of the photo's tighter side."""
    scale = fill * min(photo.width / thing.width, photo.height / thing.height)
    thing = thing.resize(
        (max(4, int(thing.width * scale)), max(4, int(thing.height * scale))), Image.Resampling.LANCZOS
    )
    x, y = int(centre[0] * photo.width - thing.width / 2), int(centre[1] * photo.height - thing.height / 2)
    if shade:
        dark = Image.new("L", photo.size, 0)
        strength = rng.uniform(0.25, 0.6)
        dark.paste(
            thing.getchannel("A").point(lambda a: int(a * strength)), (x + rng.randint(-7, 7), y + rng.randint(2, 9))
        )
        dark = dark.filter(ImageFilter.GaussianBlur(rng.uniform(2, 7)))
        photo.paste(ImageChops.multiply(photo, ImageChops.invert(dark).convert("RGB")))
    photo.paste(thing, (x, y), thing)


def _slanted(thing: Image.Image, rng: random.Random) -> Image.Image:
    """Seen a little from below or from a side."""
    width, height = thing.size
    by = [rng.uniform(0, 0.07) * width for _ in range(4)] + [rng.uniform(0, 0.05) * height for _ in range(4)]
    corners = [(by[0], by[4]), (width - by[1], by[5]), (width - by[2], height - by[6]), (by[3], height - by[7])]
    there = [(0, 0), (width, 0), (width, height), (0, height)]
    rows = []
    for (x, y), (u, v) in zip(corners, there, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    solved = np.linalg.solve(np.array(rows), np.array(there, float).ravel())
    return thing.transform(thing.size, Image.Transform.PERSPECTIVE, tuple(solved), Image.Resampling.BICUBIC)


def _squared(photo: Image.Image, px: int) -> Image.Image:
    """White bars make it square."""
    square = Image.new("RGB", (px, px), WHITE)
    square.paste(photo, ((px - photo.width) // 2, (px - photo.height) // 2))
    return square


def _badge(photo: Image.Image, rng: random.Random) -> None:
    pen = ImageDraw.Draw(photo)
    size = rng.randint(14, 26)
    place = (rng.randint(4, photo.width // 2), rng.choice((4, photo.height - size - 8)))
    colour = rng.choice(((210, 30, 30), (20, 20, 20), (30, 90, 190)))
    pen.text(place, rng.choice(_BADGES), fill=colour, font=brush.font(size))


def _lit(photo: Image.Image, rng: random.Random, *, strength: float) -> Image.Image:
    """Exposure, colour of the light, focus and noise; `strength` 1 spares nothing."""
    if rng.random() < strength:
        low = 1 - 0.28 * strength
        if strength > 0.6:
            photo = ImageEnhance.Brightness(photo).enhance(rng.uniform(low, 1.1))
            photo = ImageEnhance.Contrast(photo).enhance(rng.uniform(low, 1.15))
        photo = ImageEnhance.Color(photo).enhance(rng.uniform(0.6, 1.2))
    if rng.random() < 0.6 * (strength > 0.6):
        warm = np.array(rng.choice(((1.06, 1.0, 0.86), (1.03, 0.99, 0.93), (0.94, 0.99, 1.06))), np.float32)
        photo = Image.fromarray(np.clip(np.asarray(photo, np.float32) * warm, 0, 255).astype(np.uint8))
    if rng.random() < 0.5 * strength:
        photo = photo.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.6 + strength)))
    if rng.random() < 0.4 * strength:
        grain = np.random.default_rng(rng.getrandbits(32))
        noisy = np.asarray(photo, np.float32) + grain.normal(0, rng.uniform(1.5, 5), (photo.height, photo.width, 1))
        photo = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    return photo

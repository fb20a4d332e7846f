"""Pictures to print on covers, cards, cases and cushions: painted from chance around an inlay. All RGBA."""

import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from datasets.synthetic import brush

Size = tuple[int, int]


def paint(size: Size, rng: random.Random, inlay: Image.Image | None, kind: str = "") -> Image.Image:
    """A picture of that size.

    Args:
        inlay: what it shows in front, RGBA, or None for a picture of the place alone.
        kind: a key of `_PLACES`, or "" for any.
    """
    place = _PLACES[kind or rng.choice(list(_PLACES))](size, rng)
    if inlay is not None:
        share = rng.choice((rng.uniform(0.55, 0.85), rng.uniform(0.8, 1.25)))
        centre = (rng.uniform(0.36, 0.64), rng.uniform(0.45, 0.7))
        subject = inlay
        if rng.random() < 0.3:
            subject = brush.recoloured(inlay, rng.randint(0, 255))
        if kind in ("night", "glow") or rng.random() < 0.2:
            subject = _shaded(subject, rng.uniform(0.35, 0.8))
        brush.print_on(place, subject, centre, share)
    if rng.random() < 0.25:
        place = _toned(place, rng)
    return place


def _landscape(size: Size, rng: random.Random) -> Image.Image:
    """Ridges behind ridges under a sky, a sun or moon."""
    width, height = size
    grain = np.random.default_rng(rng.getrandbits(32))
    top, low = rng.choice(
        (
            ((70, 130, 200), (225, 235, 245)),
            ((240, 130, 60), (250, 215, 150)),
            ((25, 30, 70), (120, 90, 140)),
            ((150, 165, 175), (225, 225, 220)),
            ((20, 90, 110), (170, 220, 200)),
        )
    )
    sheet = brush.gradient(size, top, low)
    pen = ImageDraw.Draw(sheet)
    radius, x, y = rng.randint(8, 32), rng.randint(0, width), rng.randint(0, height // 2)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 245, rng.randint(150, 230), 255))
    hue = brush.colour(rng)
    ridges = rng.randint(2, 5)
    for ridge in range(ridges):
        rough = np.cumsum(grain.normal(0, 1, width + 1))
        rough = (rough - rough.mean()) / (np.abs(rough).max() + 1) * height * 0.16
        base = height * (0.35 + 0.6 * ridge / ridges)
        tone = brush.mixed(low, brush.shifted(hue, -60), 0.3 + 0.7 * ridge / ridges)
        pen.polygon(
            [(0, height), *((i, base + rough[i]) for i in range(0, width + 1, 2)), (width, height)], fill=(*tone, 255)
        )
    return _grained(sheet, rng, 7)


def _plasma(size: Size, rng: random.Random) -> Image.Image:
    """Clouds of colour, as in paintings and blurred photos."""
    grain = np.random.default_rng(rng.getrandbits(32))
    field = np.sum([brush.clouds(grain, size, 3 * 2**octave) / 1.6**octave for octave in range(5)], axis=0)
    field = (field - field.min()) / (np.ptp(field) + 1e-6) * 3.999
    shades = np.array([brush.colour(rng, pale=rng.random() < 0.3) for _ in range(5)], np.float32)
    low = field.astype(int)
    part = (field - low)[..., None]
    return _rgba(shades[low] * (1 - part) + shades[low + 1] * part)


def _glow(size: Size, rng: random.Random) -> Image.Image:
    """Dark, with coloured lights and sparks."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    field = np.zeros((height, width, 3), np.float32) + np.array([rng.randint(0, 35) for _ in range(3)])
    for _ in range(rng.randint(1, 4)):
        cx, cy, reach = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.15, 0.5) * width
        light = np.array([rng.choice((20, 90, 180, 255)) for _ in range(3)])
        field += np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / reach**2)[..., None] * light * rng.uniform(0.4, 1.0)
    grain = np.random.default_rng(rng.getrandbits(32))
    clouds = brush.clouds(grain, size, 6) + brush.clouds(grain, size, 17) * 0.6
    field *= np.clip(1 + 0.35 * clouds[..., None], 0.2, 2)
    field[grain.random((height, width)) < 0.004] = 255
    return _rgba(field)


def _burst(size: Size, rng: random.Random) -> Image.Image:
    """Rays and dots of a comic."""
    width, height = size
    base = brush.vivid(rng)
    sheet = Image.new("RGBA", size, (*base, 255))
    pen = ImageDraw.Draw(sheet)
    other, rays = brush.vivid(rng), rng.randint(10, 26)
    if rng.random() < 0.6:
        for ray in range(rays):
            box = (-width, -height, 2 * width, 2 * height)
            pen.pieslice(box, ray * 360 / rays, (ray + 0.5) * 360 / rays, fill=(*other, 255))
    else:
        step = rng.randint(6, 14)
        for x in range(0, width, step):
            for y in range(0, height, step):
                r = step * (0.15 + 0.4 * y / height)
                pen.ellipse((x - r, y - r, x + r, y + r), fill=(*other, 255))
    return sheet


def _street(size: Size, rng: random.Random) -> Image.Image:
    """Houses or towers with windows."""
    width, height = size
    sky = brush.colour(rng, pale=rng.random() < 0.6)
    sheet = brush.gradient(size, sky, brush.shifted(sky, rng.randint(-60, 50)))
    pen, x = ImageDraw.Draw(sheet), -5
    lit = rng.choice(((250, 220, 120), (60, 80, 100), (200, 225, 240)))
    while x < width:
        wide, top = rng.randint(width // 9, width // 4), rng.randint(height // 6, height * 2 // 3)
        wall = brush.shifted(brush.colour(rng), rng.choice((-60, 0, 20)))
        pen.rectangle((x, top, x + wide, height), fill=(*wall, 255))
        for wy in range(top + 6, height - 8, 13):
            for wx in range(x + 4, x + wide - 6, 10):
                if rng.random() < 0.7:
                    pen.rectangle((wx, wy, wx + 4, wy + 7), fill=(*lit, 255))
        x += wide
    return _grained(sheet, rng, 7)


def _shapes(size: Size, rng: random.Random) -> Image.Image:
    """Flat shapes on one ground: the graphic kind of cover."""
    width, height = size
    base = brush.colour(rng, pale=rng.random() < 0.6)
    sheet = Image.new("RGBA", size, (*base, 255))
    pen = ImageDraw.Draw(sheet)
    shades = [brush.colour(rng) for _ in range(3)]
    for _ in range(rng.randint(2, 9)):
        x, y, r = rng.randint(0, width), rng.randint(0, height), rng.randint(width // 12, width // 2)
        tone = (*rng.choice(shades), 255)
        form = rng.choice(("disc", "bar", "wedge"))
        if form == "disc":
            pen.ellipse((x - r, y - r, x + r, y + r), fill=tone)
        elif form == "bar":
            pen.rectangle((x - r, y - r // 6, x + r, y + r // 6), fill=tone)
        else:
            pen.polygon([(x, y - r), (x + r, y + r), (x - r, y + r // 2)], fill=tone)
    return sheet


def _night(size: Size, rng: random.Random) -> Image.Image:
    return _toned(_shaded(_street(size, rng) if rng.random() < 0.5 else _landscape(size, rng), 0.4), rng)


_PLACES = {
    "landscape": _landscape,
    "plasma": _plasma,
    "glow": _glow,
    "burst": _burst,
    "street": _street,
    "shapes": _shapes,
    "night": _night,
}


def aged(sheet: Image.Image, rng: random.Random) -> Image.Image:
    """Paper that has yellowed: less colour, brown edges, spots."""
    alpha = sheet.getchannel("A")
    grey = np.asarray(sheet.convert("L").convert("RGB"), np.float32)
    field = np.asarray(sheet.convert("RGB"), np.float32)
    keep = rng.uniform(0.3, 0.9)
    grain = np.random.default_rng(rng.getrandbits(32))
    field = field * keep + grey * (1 - keep)
    field = (
        field
        * np.array((0.97, 0.9, rng.uniform(0.62, 0.82)))
        * (1 + 0.05 * brush.clouds(grain, sheet.size, 6)[..., None])
    )
    old = _rgba(field + grain.normal(0, 5, (*field.shape[:2], 1)))
    old.putalpha(alpha)
    return old


def _toned(sheet: Image.Image, rng: random.Random) -> Image.Image:
    """One colour over all: sepia, blue, red, grey."""
    alpha = sheet.getchannel("A")
    tone = np.array(rng.choice(((1.1, 0.95, 0.7), (0.7, 0.9, 1.2), (1.25, 0.7, 0.6), (1, 1, 1), (0.75, 1.1, 0.8))))
    grey = np.asarray(sheet.convert("L"), np.float32)[..., None] * tone
    toned = _rgba(grey * 0.8 + np.asarray(sheet.convert("RGB"), np.float32) * 0.2)
    toned.putalpha(alpha)
    return toned


def _shaded(sheet: Image.Image, by: float) -> Image.Image:
    red, green, blue, alpha = sheet.split()
    darker = [band.point(lambda v: int(v * by)) for band in (red, green, blue)]
    return Image.merge("RGBA", (*darker, alpha))


def _grained(sheet: Image.Image, rng: random.Random, strength: float) -> Image.Image:
    grain = np.random.default_rng(rng.getrandbits(32))
    field = np.asarray(sheet.convert("RGB"), np.float32)
    field = (
        field + grain.normal(0, strength, (*field.shape[:2], 1)) + 8 * brush.clouds(grain, sheet.size, 14)[..., None]
    )
    return _rgba(field).filter(ImageFilter.GaussianBlur(0.6))


def _rgba(field: np.ndarray) -> Image.Image:
    return brush.picture(field).convert("RGBA")

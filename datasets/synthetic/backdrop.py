"""What stands behind the thing: white, a colour, a table top, a room, a lawn. All RGB."""

import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from datasets.synthetic import brush

_WOODS = ((150, 105, 65), (195, 155, 110), (95, 65, 45), (215, 205, 190), (120, 75, 45), (60, 42, 32))


def plain(size: tuple[int, int], rng: random.Random) -> Image.Image:
    """One colour that shades a little, pale more often than not."""
    if rng.random() < 0.6:
        level = rng.randint(185, 240)
        base = np.array([level + rng.randint(-14, 14) for _ in range(3)], np.float32)
    else:
        base = np.array([rng.randint(20, 245) for _ in range(3)], np.float32)
    down = np.linspace(rng.uniform(-35, 0), rng.uniform(0, 35), size[1])[:, None, None]
    return brush.picture(np.broadcast_to(base + down, (size[1], size[0], 3)))


def table(size: tuple[int, int], rng: random.Random) -> Image.Image:
    """Where sellers put things to photograph them: boards, tiles, cloth, carpet, something dark."""
    kind = rng.choice(("wood", "wood", "wood", "tiles", "cloth", "carpet", "dark", "grey"))
    grain = np.random.default_rng(rng.getrandbits(32))
    width, height = size
    if kind == "wood":
        veins = np.cumsum(grain.normal(0, 3.0, height))
        veins = np.clip(veins - veins.mean(), -28, 28)[:, None]
        planks = np.where((np.arange(height) + rng.randint(0, 99)) % rng.randint(50, 140) < 2, -45.0, 0.0)[:, None]
        field = np.array(rng.choice(_WOODS)) + (veins + planks + grain.normal(0, 4, (height, width)))[:, :, None]
    elif kind == "tiles":
        step = rng.randint(60, 150)
        joint = (np.arange(height)[:, None] % step < 3) | (np.arange(width)[None] % step < 3)
        base = np.array(rng.choice(((205, 195, 180), (170, 120, 90), (150, 150, 150), (225, 222, 215))))
        field = (
            base
            + brush.clouds(grain, size, 6, strength=14)[..., None]
            - 50.0 * joint[:, :, None]
            + grain.normal(0, 4, (height, width, 1))
        )
    elif kind == "cloth":
        base = np.array([rng.randint(40, 235) for _ in range(3)])
        field = base + brush.clouds(grain, size, 4, strength=28)[..., None] + grain.normal(0, 6, (height, width, 1))
    elif kind == "carpet":
        base = np.array(rng.choice(((120, 110, 100), (90, 40, 40), (60, 70, 100), (160, 140, 115))))
        field = base + grain.normal(0, 22, (height, width, 1)) + brush.clouds(grain, size, 5, strength=10)[..., None]
    else:
        level = rng.randint(12, 50) if kind == "dark" else rng.randint(110, 200)
        field = np.full((height, width, 3), level) + brush.clouds(grain, size, 3, strength=16)[..., None]
    image = brush.picture(field)
    return image.rotate(90, expand=True).resize(size) if rng.random() < 0.4 else image


def room(size: tuple[int, int], rng: random.Random) -> Image.Image:
    """A wall and a floor, a skirting board, light from one side, sometimes a window or a picture."""
    width, height = size
    grain = np.random.default_rng(rng.getrandbits(32))
    wall = np.array(rng.choice(((232, 228, 220), (205, 212, 216), (190, 182, 170), (120, 130, 140), (225, 215, 200))))
    across = np.linspace(rng.uniform(-28, 10), rng.uniform(-10, 28), width)[None, :, None]
    image = brush.picture(wall + across + brush.clouds(grain, size, 3, strength=5)[..., None])
    edge = int(height * rng.uniform(0.62, 0.8))
    pen = ImageDraw.Draw(image)
    if rng.random() < 0.35:
        x = rng.randint(0, width * 2 // 3)
        pen.rectangle((x, height // 10, x + width // 3, edge - height // 8), fill=(240, 246, 252), outline=(250,) * 3)
        pen.line((x + width // 6, height // 10, x + width // 6, edge - height // 8), fill=(200, 200, 200), width=4)
    floor = table((width, height - edge), rng)
    image.paste(floor, (0, edge))
    pen.rectangle((0, edge - 5, width, edge), fill=(245, 243, 238))
    return image


def lawn(size: tuple[int, int], rng: random.Random) -> Image.Image:
    """Grass, with a hedge and a sky above it, or paving."""
    width, height = size
    grain = np.random.default_rng(rng.getrandbits(32))
    sky = (
        np.array((150, 195, 235))
        + np.linspace(-15, 50, height)[:, None, None]
        + brush.clouds(grain, size, 4, strength=18)[..., None]
    )
    green = np.array(rng.choice(((95, 140, 55), (75, 120, 50), (130, 165, 80))))
    paved = rng.random() < 0.2
    ground = np.array((190, 180, 165)) if paved else green
    grass = (
        ground
        + grain.normal(0, 10 if paved else 20, (height, width, 1))
        + brush.clouds(grain, size, 7, strength=14)[..., None]
    )
    hedge = (
        green * 0.55 + brush.clouds(grain, size, 26, strength=26)[..., None] + grain.normal(0, 12, (height, width, 1))
    )
    rows = np.arange(height)[:, None, None]
    top, edge = height * rng.uniform(0.0, 0.3), height * rng.uniform(0.35, 0.55)
    field = np.where(rows < top, sky, np.where(rows < edge, hedge, grass))
    return brush.picture(field).filter(ImageFilter.GaussianBlur(0.7))

"""Goods in three dimensions: jars and packs of food, lamps, vases, pens, torches, lures, collars.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import math
import random

import numpy as np
from PIL import Image

from datasets.synthetic import brush, printed
from datasets.synthetic.mesh import Material
from datasets.synthetic.solid import Part, ball, block, lathe, matter, moved, rod, sheet, shot, tube
from datasets.synthetic.solid import printed as bearing
from datasets.synthetic.textiles import cloth

_BLACK, _STEEL, _WHITE = (28, 28, 30), (155, 157, 162), (238, 238, 240)
_WOODS = ((150, 100, 60), (95, 62, 40), (190, 150, 100), (70, 60, 55))


def label(rng: random.Random, inlay: Image.Image | None) -> Material:
    """A label goes round three times, so that one face looks ahead."""
    front = printed.food_pack(rng, inlay).resize((100, 200))
    strip = Image.new("RGBA", (300, 200))
    for place in range(3):
        strip.paste(front, (place * 100, 0))
    return bearing(strip)


def food_jar(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A jar, tin, bottle or tub with its label."""
    front = label(rng, inlay)
    filling = matter(
        rng.choice(((120, 60, 25), (190, 30, 30), (225, 180, 80), (70, 90, 40), (240, 235, 220), (60, 30, 20))),
        shine=0.6,
    )
    lid = matter(rng.choice(((200, 170, 80), _WHITE, _BLACK, (190, 30, 30), (40, 120, 60))), shine=0.5)
    kind = rng.choice(("jar", "tin", "bottle", "tub"))
    if kind == "jar":
        parts = [lathe([(0, 0), (0.9, 0.02), (0.95, 0.2), (0.95, 1.6), (0.8, 1.9), (0.8, 2.0)], filling)]
        parts += [lathe([(0.97, 0.45), (0.97, 1.45)], front), lathe([(0.86, 1.9), (0.86, 2.2), (0, 2.22)], lid)]
    elif kind == "tin":
        parts = [lathe([(0, 0), (1, 0)], lid), lathe([(1, 0), (1, rng.uniform(0.6, 2.4))], front)]
        parts.append(
            lathe([(1.03, parts[1].points[-1, 0, 1]), (0, parts[1].points[-1, 0, 1])], matter(_STEEL, shine=0.6))
        )
    elif kind == "bottle":
        parts = [lathe([(0, 0), (0.6, 0), (0.62, 1.9), (0.25, 2.6), (0.23, 3.2), (0, 3.2)], filling)]
        parts += [lathe([(0.635, 0.4), (0.635, 1.7)], front), lathe([(0.26, 2.9), (0.26, 3.3), (0, 3.32)], lid)]
    else:
        parts = [lathe([(0.8, 0), (0.95, 1.2)], front), lathe([(1.02, 1.15), (1.02, 1.3), (0, 1.31)], lid)]
    return shot(parts, rng, yaw=(-10, 10), pitch=(3, 22))


def _bulge(across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """The belly of a full bag, flat at its two seams."""
    return 0.35 * np.sqrt(np.clip((1 - up**2) * (1 - across**2), 0, 1))


def food_box(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A carton or a standing bag, one to three."""
    face = printed.food_pack(rng, inlay)
    front, side = bearing(face), brush.colour(rng)
    wide, high = face.width / 100, face.height / 100
    parts: list[Part] = []
    for place in range(rng.choice((1, 1, 1, 2, 3))):
        if rng.random() < 0.5:
            one = block((wide, high, rng.uniform(0.4, 1.2)), matter(side), front=front)
        else:
            one = [sheet(wide, high, _bulge, front), sheet(wide, high, lambda u, v: -_bulge(u, v), matter(side))]
        parts += [moved(p, (place * wide * 0.5, 0, -place * 1.2)) for p in one]
    return shot(parts, rng, yaw=(-35, 35), pitch=(3, 22))


def lamp(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A table lamp, a hanging lamp, a lantern of paper, a diffuser."""
    shade, foot = cloth(rng, inlay, plain=0.7), matter(rng.choice((_BLACK, _WHITE, (190, 160, 90), *_WOODS)), shine=0.4)
    kind = rng.choice(("table", "hanging", "egg"))
    if kind == "table":
        parts = [
            lathe([(0, 0), (0.6, 0), (0.55, 0.1), (0.1, 0.2), (0.3, 0.7), (0.1, 1.4), (0.06, 2.2)], foot),
            lathe([(1.0, 1.7), (0.6, 2.9)], shade),
        ]
    elif kind == "hanging":
        parts = [
            lathe([(rng.uniform(0.5, 1.2), 0), (0.7, 0.6), (0.12, 1.0)], shade),
            rod((0, 1, 0), (0, 3, 0), 0.03, foot),
            lathe([(0.3, 3), (0.3, 3.15), (0, 3.2)], foot),
        ]
    else:
        parts = [ball((0.9, 0.9, 0.9), shade, at=(0, 1.2, 0)), lathe([(0, 0), (0.6, 0), (0.7, 0.6), (0, 0.7)], foot)]
    return shot(parts, rng, pitch=(0, 20))


def vase(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A vase, a mug, a candle or a flower pot, with or without flowers."""
    glaze = cloth(rng, inlay, plain=0.55)
    glaze.shine = 0.4
    profile = [(0, 0), *((rng.uniform(0.35, 0.95), 0.1 + i * 0.55) for i in range(rng.randint(2, 5)))]
    parts = [lathe(profile, glaze)]
    top = profile[-1][1]
    green = matter((70, 120, 60), shine=0.1)
    if rng.random() < 0.5:
        for _ in range(rng.randint(3, 9)):
            tip = (rng.uniform(-0.9, 0.9), top + rng.uniform(0.7, 1.8), rng.uniform(-0.6, 0.6))
            parts += [
                tube([(0, top - 0.2, 0), (tip[0] * 0.5, top + 0.5, tip[2] * 0.5), tip], 0.035, green),
                ball((0.24, 0.2, 0.24), matter(brush.vivid(rng)), at=tip),
            ]
    return shot(parts, rng, pitch=(2, 25))


def pens(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """One pen, or a set of pens, pencils or markers."""
    count = rng.choice((1, 1, 1, 2, 6, 12))
    parts: list[Part] = []
    tone, metal = brush.colour(rng), matter(_STEEL, shine=0.8)
    for place in range(count):
        shade = matter(tone if count < 3 else brush.vivid(rng), shine=0.5)
        one = [
            lathe([(0, -2.3), (0.04, -2.2), (0.16, -1.7)], metal if rng.random() < 0.6 else matter(_BLACK)),
            lathe([(0.16, -1.7), (0.17, 1.8), (0.13, 2.0), (0, 2.02)], shade),
        ]
        if rng.random() < 0.6:
            one += [lathe([(0.185, 0.2), (0.185, 0.3)], metal), *block((0.06, 1.3, 0.05), metal, at=(0, 1.2, 0.24))]
        parts += [moved(p, (place * 0.45, 0, 0)) for p in one]
    picture = shot(parts, rng, yaw=(-20, 20), pitch=(0, 12))
    return picture.rotate(
        rng.choice((0, 0, 90, rng.uniform(20, 70), rng.uniform(-70, -20))), Image.Resampling.BICUBIC, expand=True
    )


def torch(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """An electric torch of metal."""
    metal = matter(rng.choice((_BLACK, _BLACK, (90, 95, 60), _STEEL, (40, 60, 130))), shine=0.5)
    parts = [
        lathe(
            [
                (0, -2),
                (0.3, -2),
                (0.32, -1.6),
                (0.28, -1.5),
                (0.28, 0.6),
                (0.34, 0.7),
                (0.55, 1.2),
                (0.58, 1.7),
                (0.5, 1.72),
            ],
            metal,
        ),
        lathe([(0.5, 1.7), (0.3, 1.6), (0, 1.5)], matter((235, 240, 250), shine=0.9)),
    ]
    parts += [lathe([(0.3, y), (0.33, y + 0.04), (0.3, y + 0.08)], matter(_STEEL)) for y in (-1.2, -0.9, -0.6, -0.3)]
    side = rng.uniform(-80, 80)
    return shot([moved(p, turn=(60, 0, side)) for p in parts], rng, pitch=(-10, 20))


def fish_lure(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """Lures with hooks, one to five."""
    steel, parts = matter((90, 90, 95), shine=0.7), []
    for place in range(rng.choice((1, 1, 2, 3, 5))):
        back, belly = matter(brush.vivid(rng), shine=0.7), matter((235, 235, 225), shine=0.7)
        one = [
            ball((1.5, 0.36, 0.22), back),
            ball((1.4, 0.3, 0.2), belly, at=(0, -0.09, 0)),
            ball((0.09, 0.09, 0.05), matter(_BLACK), at=(1.1, 0.08, 0.18)),
            moved(ball((0.4, 0.35, 0.04), back), (-1.6, 0, 0)),
        ]
        for x in (0.5, -0.6):
            for way in (-0.2, 0.2):
                one.append(tube([(x, -0.3, 0), (x, -0.7, 0), (x + way, -0.85, 0), (x + way * 2, -0.7, 0)], 0.03, steel))
        parts += [moved(p, (0, -place * 1.4, 0)) for p in one]
    return shot(parts, rng, yaw=(-25, 25), pitch=(-5, 15)).rotate(
        rng.uniform(-35, 35), Image.Resampling.BICUBIC, expand=True
    )


def pet_collar(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A collar with a buckle, a bow or studs; or a bowl; or a bone."""
    band, metal = cloth(rng, inlay, plain=0.6), matter(_STEEL, shine=0.8)
    kind = rng.choice(("collar", "collar", "collar", "bowl", "bone"))
    if kind == "bowl":
        parts = [lathe([(1.2, 0), (0.95, 0.7), (0.85, 0.7), (0.7, 0.25), (0, 0.2)], band)]
    elif kind == "bone":
        parts = [
            rod((-1, 0, 0), (1, 0, 0), 0.3, band),
            *(ball((0.38, 0.38, 0.34), band, at=(x, y, 0)) for x in (-1.1, 1.1) for y in (-0.28, 0.28)),
        ]
    else:
        parts = [
            lathe([(1, -0.16), (1.03, -0.16), (1.03, 0.16), (1, 0.16)], band),
            *block((0.4, 0.45, 0.08), metal, at=(0, 0, 1.05)),
            *block((0.2, 0.25, 0.12), band, at=(0, 0, 1.06)),
        ]
        if rng.random() < 0.4:
            parts += [
                moved(ball((0.42, 0.28, 0.14), cloth(rng, inlay)), (side * 0.42, 0, 1.15), turn=(0, 0, side * 15))
                for side in (-1, 1)
            ]
        elif rng.random() < 0.5:
            parts += [
                ball((0.07, 0.07, 0.06), metal, at=(1.05 * math.sin(a / 3), 0, 1.05 * math.cos(a / 3)))
                for a in range(-6, 7)
                if a
            ]
        if rng.random() < 0.4:
            parts.append(ball((0.22, 0.22, 0.05), matter((220, 180, 70), shine=0.8), at=(0, -0.45, 1.08)))
    return shot(parts, rng, pitch=(12, 45))

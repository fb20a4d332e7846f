"""What belongs to a pool, in three dimensions: pools, pumps, filters, buckets, hoses, things that float.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import math
import random

from PIL import Image

from datasets.synthetic import brush, games
from datasets.synthetic.solid import ball, block, lathe, matter, moved, ring, rod, shot, tube
from datasets.synthetic.solid import printed as bearing
from datasets.synthetic.textiles import cloth
from datasets.synthetic.wares import label

_BLACK, _STEEL, _WHITE = (28, 28, 30), (155, 157, 162), (238, 238, 240)
_WOODS = ((150, 100, 60), (95, 62, 40), (190, 150, 100), (70, 60, 55))


def bucket(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A bucket or can of product for the pool or the house."""
    base = matter(rng.choice((_WHITE, _WHITE, (40, 110, 190), (30, 60, 130), _BLACK, (220, 110, 30))), shine=0.3)
    front = bearing(games.board_game(rng, inlay).resize((300, 200))) if rng.random() < 0.4 else label(rng, inlay)
    lid = matter(rng.choice((_WHITE, (40, 110, 190), (200, 30, 30), _BLACK)), shine=0.3)
    if rng.random() < 0.3:
        parts = [*block((1.6, 2.0, 1.1), base, front=front), rod((0.3, 1.0, 0), (0.3, 1.4, 0), 0.22, lid)]
        parts.append(tube([(-0.6, 1.0, 0), (-0.5, 1.3, 0), (0, 1.3, 0)], 0.12, base))
        return shot(parts, rng, pitch=(5, 22))
    parts = [lathe([(0, 0), (0.9, 0), (1.0, 2.0)], base), lathe([(0.96, 0.5), (1.0, 1.6)], front)]
    parts.append(lathe([(1.06, 1.95), (1.06, 2.12), (0.2, 2.2), (0, 2.2)], lid))
    parts.append(moved(ring(1.05, 0.04, matter(_STEEL)), (0, 1.7, 0), turn=(25, 0, 0)))
    return shot(parts, rng, yaw=(-15, 15), pitch=(8, 28))


def filter_cartridge(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """Pleated paper between two ends, one to four of them."""
    paper = matter(rng.choice((_WHITE, (200, 220, 240))), shine=0)
    end = matter(rng.choice(((40, 100, 180), _WHITE, _BLACK, (90, 160, 200))))
    high, parts = rng.uniform(0.8, 3.2), []
    for place in range(rng.choice((1, 1, 2, 4))):
        body = lathe([(0.95, 0), (0.95, high)], paper, sides=96)
        body.points[:, ::2, ::2] *= 0.88
        one = [body, lathe([(0.35, high + 0.2), (0.33, 0)], matter(_BLACK))]
        for y in (-0.1, high):
            one.append(lathe([(0.35, y), (1.0, y), (1.0, y + 0.16), (0.35, y + 0.16)], end))
        parts += [moved(p, (place * 2.2, 0, 0)) for p in one]
    return shot(parts, rng, pitch=(10, 40))


def pump(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A pump with its motor, or a sand filter, with pipes."""
    dark = matter(rng.choice((_BLACK, (70, 75, 80), (40, 70, 120))), shine=0.3)
    other = matter(rng.choice((_STEEL, _WHITE, (60, 110, 170), (90, 92, 96))), shine=0.4)
    if rng.random() < 0.35:
        parts = [ball((1.1, 1.2, 1.1), other, at=(0, 1.5, 0)), ball((0.5, 0.4, 0.5), dark, at=(0, 2.8, 0))]
        parts.append(lathe([(0.9, 0), (0.7, 0.5), (0, 0.5)], dark))
        parts.append(tube([(0.4, 2.8, 0), (1.5, 2.8, 0), (1.6, 1.0, 0.2), (1.8, 0.3, 0.4)], 0.16, dark))
        return shot(parts, rng, pitch=(8, 28))
    motor = [lathe([(0, -1), (0.75, -1), (0.78, 0.6), (0.6, 0.9), (0, 0.9)], dark)]
    for y in range(8):
        motor.append(lathe([(0.8, y * 0.2 - 1), (0.83, y * 0.2 - 0.94), (0.8, y * 0.2 - 0.9)], other))
    parts = [moved(p, (-0.9, 1, 0), turn=(0, 0, 90)) for p in motor]
    parts.append(lathe([(0, 0.3), (0.8, 0.3), (0.85, 1.9), (0.7, 2.1), (0, 2.15)], other))
    parts += [moved(parts.pop(), (0.7, 0, 0)), *block((3.2, 0.2, 1.2), dark, at=(-0.6, 0.1, 0))]
    parts += [rod((0.9, 2.0, 0), (0.9, 2.8, 0), 0.28, dark), rod((1.4, 1.2, 0), (2.1, 1.2, 0), 0.28, dark)]
    return shot(parts, rng, pitch=(8, 28))


def round_pool(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A pool above the ground: steel, wood or blown up, round or long, at times with a ladder or a cover."""
    wide, long = rng.choice(((2, 2), (2, 2), (1.6, 2.8), (2, 3)))
    high = rng.uniform(0.5, 1.1)
    walls = ((200, 205, 210), (60, 110, 185), rng.choice(_WOODS), (90, 95, 105))
    wall = matter(rng.choice(walls)) if rng.random() < 0.8 else cloth(rng, inlay, plain=0)
    covered = rng.random() < 0.15
    level = high if covered else high - 0.2
    water = matter(
        (30, 70, 150) if covered else rng.choice(((70, 175, 220), (50, 150, 205), (110, 205, 230))), shine=0.5
    )
    edge = matter(rng.choice((_WHITE, _STEEL, rng.choice(_WOODS), (60, 110, 185))), shine=0.3)
    parts = [lathe([(0.97, level - 0.02), (0, level)], water)]
    if rng.random() < 0.25:
        parts += [ring(1.0, high / 5, matter(brush.vivid(rng), shine=0.4), y=high / 5 + i * high / 3) for i in range(3)]
    else:
        parts += [lathe([(1, 0), (1, high)], wall), lathe([(0.97, high - 0.2), (0.97, high)], water)]
        parts.append(ring(1.0, 0.05, edge, y=high))
    for part in parts:
        part.points[..., 0] *= long
        part.points[..., 2] *= wide
    if rng.random() < 0.5:
        for post in range(12):
            x, z = 1.03 * long * math.sin(post * math.tau / 12), 1.03 * wide * math.cos(post * math.tau / 12)
            parts.append(rod((x, 0, z), (x, high, z), 0.05, edge))
    if rng.random() < 0.35:
        steel = matter(_STEEL)
        parts += [rod((x, 0, wide * 1.15), (x, high * 1.5, wide * 0.95), 0.05, steel) for x in (-0.25, 0.25)]
        parts += [
            rod((-0.25, y * high, wide * 1.1), (0.25, y * high, wide * 1.1), 0.05, steel) for y in (0.3, 0.7, 1.1)
        ]
    return shot(parts, rng, pitch=(10, 38))


def square_pool(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A rectangular pool or a tub."""
    long, high = rng.uniform(3, 5), rng.uniform(0.5, 1.1)
    walls = (rng.choice(_WOODS), (60, 110, 185), (95, 100, 108))
    wall = matter(rng.choice(walls)) if rng.random() < 0.8 else cloth(rng, inlay, plain=0)
    parts = block((long, high, 2.4), wall, at=(0, high / 2, 0))
    water = matter(rng.choice(((70, 175, 220), (110, 205, 230))), shine=0.6)
    parts += block((long * 0.93, 0.02, 2.1), water, at=(0, high, 0))
    edge = matter(rng.choice((_WHITE, _STEEL, *_WOODS)))
    for side in (-1, 1):
        parts += block((long * 1.03, 0.1, 0.2), edge, at=(0, high, side * 1.15))
        parts += block((0.2, 0.1, 2.4), edge, at=(side * long / 2, high, 0))
        for post in range(4):
            x = long * (post / 3 - 0.5)
            parts.append(rod((x, 0, side * 1.5), (x, high, side * 1.22), 0.05, edge))
    return shot(parts, rng, pitch=(12, 38))


def swim_ring(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A ring, a mattress or a bird to float on."""
    rubber = cloth(rng, inlay, plain=0.5)
    rubber.shine = 0.6
    kind = rng.choice(("ring", "mattress", "bird"))
    if kind == "mattress":
        parts = [rod((-1.8, 0, z * 0.42), (1.8, 0, z * 0.42), 0.25, rubber) for z in range(-2, 3)]
        parts += block((0.9, 0.4, 2.2), rubber, at=(-1.7, 0.3, 0))
    else:
        parts = [ring(1.0, 0.42, rubber)]
    if kind == "bird":
        neck = [(0, 0, 1.0), (0, 0.8, 1.5), (0, 1.6, 1.3), (0, 1.9, 1.4)]
        parts.append(tube(neck, (0.4, 0.3, 0.26, 0.34), rubber))
        parts.append(ball((0.15, 0.15, 0.4), matter((240, 160, 30)), at=(0, 1.85, 1.85)))
    return shot(parts, rng, yaw=(-80, 80), pitch=(15, 45))


def coil(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A coil of hose, cable or rope with a plug at its end."""
    thick = rng.choice((0.05, 0.09, 0.16))
    shades = ((40, 90, 180), (50, 130, 60), _BLACK, _BLACK, (230, 190, 40), _WHITE, (220, 110, 40))
    stuff, plug = matter(rng.choice(shades), shine=0.3), matter(rng.choice((_BLACK, _STEEL, (200, 170, 70))))
    parts = [ring(1.0, thick, stuff, turns=rng.randint(2, 7), pitch=thick * 1.7)]
    x, y, z = (float(v) for v in parts[0].points[-1].mean(0))
    tip = (x + 0.3, y + 0.1, z + 1.1)
    parts.append(tube([(x, y, z), (x + 0.1, y, z + 0.5), tip], thick, stuff))
    return shot([*parts, *block((0.3, 0.2, 0.5), plug, at=tip)], rng, pitch=(25, 80))

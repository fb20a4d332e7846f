"""What model makers buy, in three dimensions: cars, drones and their spare parts.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import math
import random

from PIL import Image

from datasets.synthetic import brush, games
from datasets.synthetic.mesh import Material
from datasets.synthetic.solid import Part, ball, block, lathe, matter, moved, printed, rod, shot, tube

_BLACK, _STEEL = (28, 28, 30), (150, 152, 158)


def _wheel(radius: float, wide: float, rim: Material, at: tuple[float, float, float]) -> list[Part]:
    tyre = lathe(
        [(radius * 0.6, -wide), (radius * 0.95, -wide), (radius, 0), (radius * 0.95, wide), (radius * 0.6, wide)],
        matter(_BLACK, shine=0.05),
    )
    hub = lathe(
        [
            (0, -wide * 0.9),
            (radius * 0.62, -wide * 0.95),
            (radius * 0.62, wide * 0.95),
            (radius * 0.2, wide * 0.7),
            (0, wide * 0.9),
        ],
        rim,
    )
    return [moved(part, at, turn=(0, 0, 90)) for part in (tyre, hub)]


def car(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A die-cast car, a racer, a buggy or a lorry, with large or small wheels."""
    paint, glass = matter(brush.vivid(rng), shine=0.6), matter((40, 50, 60), shine=0.7)
    rim = matter(rng.choice((_STEEL, (230, 200, 60), brush.vivid(rng))), shine=0.6)
    big = rng.random() < 0.4
    radius, high = (0.75, 0.75) if big else (0.38, 0.32)
    kind = rng.choice(("saloon", "racer", "lorry", "coupe"))
    parts = [ball((0.85, 0.36, 2.0), paint, at=(0, high + 0.35, 0), square=0.45)]
    if kind in ("saloon", "coupe"):
        parts.append(ball((0.7, 0.42, 1.05 if kind == "saloon" else 0.8), glass, at=(0, high + 0.8, -0.15), square=0.6))
        parts.append(ball((0.62, 0.12, 0.7), paint, at=(0, high + 1.15, -0.2), square=0.6))
    elif kind == "racer":
        parts += block((1.8, 0.08, 0.5), paint, at=(0, high + 1.1, -1.8)) + block(
            (2.0, 0.08, 0.5), paint, at=(0, 0.3, 2.1)
        )
        parts.append(ball((0.3, 0.3, 0.4), matter(brush.vivid(rng)), at=(0, high + 0.75, 0)))
    else:
        load = printed(games.board_game(rng, inlay)) if rng.random() < 0.5 else matter(brush.colour(rng))
        parts += [
            moved(p, turn=(0, -90, 0), by=(0, high + 1.3, -0.6))
            for p in block((2.7, 1.5, 1.7), matter(brush.colour(rng)), front=load)
        ]
        parts += block((1.6, 1.2, 0.9), paint, at=(0, high + 1.0, 1.5), front=glass)
    for x in (-0.85, 0.85):
        for z in (-1.25, 1.25):
            parts += _wheel(radius, 0.34 if big else 0.18, rim, (x * (1.2 if big else 1), radius, z))
        parts.append(ball((0.16, 0.12, 0.06), matter((255, 250, 220), shine=0.8), at=(x * 0.65, high + 0.45, 1.95)))
    side = rng.choice((-1, 1))
    return shot(parts, rng, yaw=tuple(sorted((side * 25, side * 75))), pitch=(5, 28))  # type: ignore[arg-type]


def quadcopter(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A drone with four arms, at times with its remote control."""
    shell = matter(rng.choice((_BLACK, (235, 236, 238), (170, 172, 178), (180, 40, 40), (60, 62, 66))), shine=0.4)
    dark = matter(_BLACK, shine=0.3)
    parts = [
        ball((0.55, 0.22, 0.95), shell, at=(0, 0.35, 0), square=0.6),
        ball((0.2, 0.2, 0.2), dark, at=(0, 0.15, 0.85)),
    ]
    reach, guard = rng.uniform(1.3, 1.9), rng.random() < 0.3
    for side in (-1, 1):
        for way in (-1, 1):
            tip = (side * reach, 0.45, way * reach * 0.85)
            parts.append(tube([(side * 0.4, 0.35, way * 0.5), tip], (0.13, 0.09), shell))
            parts.append(lathe([(0, 0.3), (0.17, 0.3), (0.17, 0.62), (0, 0.66)], dark))
            parts[-1] = moved(parts[-1], (tip[0], 0, tip[2]))
            turn = rng.uniform(0, 180)
            parts.append(moved(ball((0.85, 0.015, 0.08), dark), (tip[0], 0.68, tip[2]), turn=(0, turn, 0)))
            if guard:
                ring = [(tip[0] + 0.9 * math.cos(a / 4), 0.6, tip[2] + 0.9 * math.sin(a / 4)) for a in range(27)]
                parts.append(tube(ring, 0.04, shell))
            parts.append(tube([(side * 0.4, 0.3, way * 0.5), (side * 0.55, -0.25, way * 0.55)], 0.05, dark))
    if rng.random() < 0.3:
        parts += [moved(p, (rng.choice((-2.6, 2.6)), 0, 1.6), turn=(-50, 0, 0)) for p in block((1.3, 0.9, 0.25), dark)]
    return shot(parts, rng, pitch=(12, 60))


def spare_parts(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """What model makers order: motors, batteries, wheels, propellers, gears, with wires."""
    kind = rng.choice(("motor", "battery", "wheels", "propellers", "battery", "gears", "shocks"))
    parts: list[Part] = []
    metal, red = matter(_STEEL, shine=0.7), matter((190, 30, 30), shine=0.3)
    if kind == "battery":
        label = printed(games.board_game(rng, inlay)) if rng.random() < 0.6 else matter(brush.vivid(rng))
        parts = block((2.2, 0.9, 0.8), matter(brush.colour(rng)), front=label)
    elif kind == "motor":
        parts = [
            lathe([(0, -0.9), (0.6, -0.9), (0.6, 0.7), (0.5, 0.8), (0, 0.8)], rng.choice((red, metal, matter(_BLACK))))
        ]
        parts.append(rod((0, 0.8, 0), (0, 1.4, 0), 0.1, metal))
        parts = [moved(part, turn=(0, 0, -70)) for part in parts]
    elif kind == "propellers":
        shade = matter(brush.vivid(rng) if rng.random() < 0.5 else _BLACK, shine=0.3)
        for place in range(rng.choice((2, 4, 6))):
            parts.append(
                moved(
                    ball((1.0, 0.09, 0.03), shade),
                    (place % 2 * 2.2, place // 2 * 0.45, 0),
                    turn=(0, 0, rng.randint(-12, 12)),
                )
            )
            parts.append(ball((0.14, 0.12, 0.12), shade, at=(place % 2 * 2.2, place // 2 * 0.45, 0)))
        return shot(parts, rng, yaw=(-15, 15), pitch=(0, 15))
    elif kind == "wheels":
        rim = matter(brush.vivid(rng) if rng.random() < 0.5 else _STEEL, shine=0.6)
        for place in range(rng.choice((1, 2, 4))):
            parts += _wheel(0.9, rng.uniform(0.3, 0.5), rim, (0, place // 2 * 2.0, place % 2 * 2.1))
        return shot(parts, rng, yaw=(55, 85), pitch=(0, 20))
    elif kind == "gears":
        for place in range(rng.randint(1, 3)):
            teeth = [
                moved(
                    p, turn=(0, 0, t * 20), by=(0.85 * math.sin(-t * math.pi / 9), 0.85 * math.cos(t * math.pi / 9), 0)
                )
                for t in range(18)
                for p in block((0.13, 0.3, 0.3), metal)
            ]
            teeth.append(moved(lathe([(0.2, -0.15), (0.82, -0.15), (0.82, 0.15), (0.2, 0.15)], metal), turn=(90, 0, 0)))
            parts += [moved(p, (place * 2.2, 0, 0)) for p in teeth]
        return shot(parts, rng, pitch=(0, 20))
    else:
        for place in range(rng.choice((2, 4))):
            spring = [(place * 0.9 + 0.3 * math.cos(a * 0.9), a * 0.045, 0.3 * math.sin(a * 0.9)) for a in range(50)]
            parts += [tube(spring, 0.06, red), rod((place * 0.9, -0.4, 0), (place * 0.9, 2.5, 0), 0.14, metal)]
        return shot(parts, rng, pitch=(0, 20))
    for place, shade in enumerate((matter((200, 25, 25)), matter(_BLACK))[: rng.randint(1, 2)]):
        parts.append(
            tube([(1.0, 0.1 * place, 0), (1.7, 0.4, 0.2), (2.1, -0.3 + place * 0.3, 0.5), (2.9, 0.2, 0.3)], 0.08, shade)
        )
    return shot(parts, rng)

"""Textiles in three dimensions: socks, baby shoes, cushions, curtains, beds, coats for pets.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import math
import random

import numpy as np
from PIL import Image

from datasets.synthetic import art, brush
from datasets.synthetic.mesh import Material
from datasets.synthetic.solid import Part, ball, block, lathe, matter, moved, printed, rod, sheet, shot, tube


def cloth(rng: random.Random, inlay: Image.Image | None, *, plain: float = 0.3) -> Material:
    """A fabric: one colour, a pattern, motifs strewn over it, or a picture."""
    base = brush.colour(rng, pale=rng.random() < 0.6)
    kind = rng.random()
    if kind < plain:
        return matter(base, shine=0)
    size = (220, 220)
    if kind < plain + 0.25 and inlay is not None:
        return printed(art.paint(size, rng, inlay))
    face = brush.gradient(size, base, brush.shifted(base, -20))
    if kind < plain + 0.45 and inlay is not None:
        small = brush.recoloured(inlay, rng.randint(0, 255))
        step = rng.choice((44, 55, 73))
        for x in range(step // 2, 220, step):
            for y in range(step // 2, 220, step):
                brush.print_on(face, small, (x / 220, y / 220), step / 290)
    elif kind < plain + 0.55 and inlay is not None:
        brush.print_on(face, inlay, (0.5, 0.45), 0.6)
        ink = brush.ink_on(base)
        brush.write(
            face, brush.phrase(rng, 3), box=(0.15, 0.75, 0.85, 0.92), typeface=brush.face(rng, "serif"), ink=ink
        )
    else:
        brush.pattern(face, rng, base)
    return printed(face)


def _sock(rng: random.Random, fabric: Material, trim: Material) -> list[Part]:
    high = rng.uniform(0.9, 2.4)
    path = [
        (0, high, 0),
        (0, high * 0.6, 0),
        (0, 0.55, 0),
        (0, 0.25, 0.12),
        (0, 0.12, 0.5),
        (0, 0.08, 1.0),
        (0, 0.06, 1.3),
        (0, 0.05, 1.42),
    ]
    parts = [tube(path, (0.36, 0.34, 0.33, 0.38, 0.36, 0.34, 0.24, 0.02), fabric, flat=0.7)]
    parts.append(tube([(0, high - 0.05, 0), (0, high + 0.2, 0)], 0.37, trim, flat=0.7))
    parts.append(ball((0.26, 0.25, 0.3), trim, at=(0, 0.07, 1.2)))
    return parts


def sock_pair(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """Socks in one or several pairs, standing or laid side by side."""
    parts: list[Part] = []
    pairs = rng.choice((1, 1, 1, 2, 3))
    state = rng.getstate()
    for pair in range(pairs):
        fabric, trim = cloth(rng, inlay), matter(brush.colour(rng, pale=rng.random() < 0.5), shine=0)
        if pair:
            rng.setstate(state)
        for side in (0, 1):
            one = _sock(random.Random(pairs), fabric, trim)
            if rng.random() < 0.15:
                one.append(ball((0.18, 0.18, 0.18), matter((255, 255, 255)), at=(0, 0.6, 0.4)))
            parts += [moved(p, (pair * 2.2 + side * 0.9, 0, side * 0.2), turn=(0, side * 12 - 6, 0)) for p in one]
        state = rng.getstate()
    side = rng.choice((-1, 1))
    return shot(parts, rng, yaw=(side * 70 - 18, side * 70 + 18), pitch=(8, 50))


def baby_shoes(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """Slippers or boots with a face on the toe."""
    fabric, trim = cloth(rng, inlay), matter(brush.colour(rng), shine=0)
    dark, white = matter((25, 25, 28), shine=0.5), matter((250, 250, 250))
    high = rng.uniform(0.4, 1.3)
    eyes = rng.random() < 0.5
    parts: list[Part] = []
    for side in (-0.55, 0.55):
        one = [
            ball((0.42, 0.34, 0.95), fabric, at=(0, 0.32, 0.3), square=0.8),
            ball((0.44, 0.1, 0.97), trim, at=(0, 0.06, 0.3), square=0.7),
        ]
        one += [lathe([(0.36, 0.3), (0.34, 0.5 + high * 0.6), (0.38, 0.5 + high)], fabric)]
        one[-1] = moved(one[-1], (0, 0, -0.25))
        one.append(
            moved(lathe([(0.34, 0.46 + high), (0.4, 0.5 + high), (0.3, 0.52 + high), (0.28, 0.3)], trim), (0, 0, -0.25))
        )
        for eye in (-0.17, 0.17):
            one += (
                [
                    ball((0.13, 0.13, 0.08), white, at=(eye, 0.6, 0.95)),
                    ball((0.07, 0.07, 0.06), dark, at=(eye, 0.6, 1.02)),
                ]
                if eyes
                else []
            )
        parts += [moved(p, (side, 0, 0), turn=(0, -side * 12, 0)) for p in one]
    return shot(parts, rng, pitch=(20, 55))


def _pillow(width: float, height: float, thick: float, front: Material) -> list[Part]:
    def swell(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return thick * (np.clip(1 - u**2, 0, 1) * np.clip(1 - v**2, 0, 1)) ** 0.45

    parts = [sheet(width, height, swell, front), sheet(width, height, lambda u, v: -swell(u, v), front)]
    for part in parts:
        u, v = part.points[..., 0] * 2 / width, part.points[..., 1] * 2 / height
        part.points[..., 0] *= 1 - 0.07 * (1 - v**2)
        part.points[..., 1] *= 1 - 0.07 * (1 - u**2)
    return parts


def pillow(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A cushion with its cover, square or long, one or a few."""
    width = rng.choice((2.0, 2.0, 2.0, 3.0))
    parts: list[Part] = []
    for place in range(rng.choice((1, 1, 1, 1, 2, 4))):
        one = _pillow(width, 2.0, rng.uniform(0.3, 0.55), cloth(rng, inlay, plain=0.12))
        parts += [
            moved(p, (place % 2 * width * 1.05, place // 2 * 2.1, 0), turn=(0, 0, rng.uniform(-5, 5))) for p in one
        ]
    return shot(parts, rng, yaw=(-25, 25), pitch=(-4, 12))


def curtains(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """One or two curtains on a rail, or a blind, or a shower curtain."""
    fabric, folds = cloth(rng, inlay, plain=0.35), rng.choice((5, 8, 12))
    deep = rng.choice((0.0, 0.12, 0.16))

    def wave(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return deep * np.sin(u * folds * math.pi) * (0.7 - 0.3 * v)

    rail = matter(rng.choice(((200, 200, 205), (90, 60, 40), (30, 30, 30))), shine=0.5)
    parts = [rod((-2.3, 2.1, 0), (2.3, 2.1, 0), 0.06, rail)]
    if rng.random() < 0.6:
        wide = rng.uniform(0.9, 2.0)
        parts += [moved(sheet(wide, 4, wave, fabric), (side * (2.1 - wide / 2), 0, 0)) for side in (-1, 1)]
    else:
        parts.append(sheet(rng.uniform(2.0, 4.0), 4, wave, fabric))
    return shot(parts, rng, yaw=(-15, 15), pitch=(0, 6))


def bedding(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A made bed with a printed cover and pillows, seen from its foot."""
    fabric = cloth(rng, inlay, plain=0.1)
    wood = matter(rng.choice(((120, 80, 50), (240, 240, 240), (60, 60, 65))))
    rough = rng.random() * 6
    top = sheet(
        3.2,
        3.6,
        lambda u, v: 0.06 * np.sin(u * 5 + rough) * np.cos(v * 4) - 0.5 * np.clip(np.abs(u) - 0.85, 0, 1) * 4,
        fabric,
    )
    parts = [moved(top, (0, 0.75, 0), turn=(-90, 0, 0)), *block((2.9, 0.6, 3.5), fabric, at=(0, 0.4, 0))]
    parts += block((3.1, 1.4, 0.12), wood, at=(0, 0.9, -1.95))
    for side in (-0.75, 0.75):
        parts += [moved(p, (side, 1.1, -1.45), turn=(-50, 0, 0)) for p in _pillow(1.3, 0.9, 0.2, fabric)]
    return shot(parts, rng, yaw=(-35, 35), pitch=(25, 50))


def _flat(across: np.ndarray, up: np.ndarray) -> np.ndarray:
    return 0 * (across + up)


def folded(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """Folded towels, blankets or sheets in a pile, or a rug laid flat."""
    if rng.random() < 0.35:
        fabric = cloth(rng, inlay, plain=0.15)
        flat = sheet(3, rng.choice((2.0, 3.0)), _flat, fabric)
        return shot([moved(flat, turn=(-90, 0, 0))], rng, pitch=(30, 75))
    parts: list[Part] = []
    for layer in range(rng.randint(1, 5)):
        fabric = cloth(rng, inlay, plain=0.7)
        for fold in range(2):
            parts.append(ball((1.4, 0.14, 1.0), fabric, at=(0, layer * 0.5 + fold * 0.22, 0), square=0.35))
    return shot(parts, rng, pitch=(12, 40))


def pet_coat(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A coat, alone or on a small dog."""
    fabric, trim = cloth(rng, inlay), matter(brush.colour(rng), shine=0)
    parts = [
        tube(
            [(0, 0.1, -1.2), (0, 0.05, -0.6), (0, 0, 0.2), (0, 0.25, 0.9), (0, 0.5, 1.15)],
            (0.62, 0.68, 0.7, 0.5, 0.38),
            fabric,
        )
    ]
    parts.append(tube([(0, 0.5, 1.12), (0, 0.65, 1.3)], 0.4, trim))
    for side in (-0.4, 0.4):
        parts.append(tube([(side, -0.3, 0.6), (side, -0.75, 0.75)], (0.24, 0.2), fabric))
    if rng.random() < 0.6:
        fur = matter(
            rng.choice(((190, 120, 60), (240, 235, 225), (120, 85, 55), (60, 55, 52), (215, 180, 130))), shine=0
        )
        dark = matter((20, 18, 18), shine=0.6)
        parts += [
            ball((0.52, 0.5, 0.5), fur, at=(0, 1.2, 1.5)),
            ball((0.24, 0.2, 0.3), fur, at=(0, 1.05, 1.95)),
            ball((0.1, 0.08, 0.08), dark, at=(0, 1.1, 2.24)),
        ]
        for side in (-1, 1):
            parts += [
                ball((0.16, 0.4, 0.2), fur, at=(side * 0.52, 1.25, 1.4)),
                ball((0.08, 0.08, 0.05), dark, at=(side * 0.2, 1.32, 1.94)),
            ]
            for z in (0.65, -0.9):
                parts.append(
                    tube(
                        [(side * 0.38, -0.4, z), (side * 0.38, -1.3, z), (side * 0.38, -1.4, z + 0.15)],
                        (0.2, 0.16, 0.17),
                        fur,
                    )
                )
        parts.append(tube([(0, 0.4, -1.2), (0, 0.9, -1.6), (0, 1.2, -1.5)], (0.12, 0.14, 0.1), fur))
    return shot(parts, rng, yaw=(-75, 75), pitch=(5, 25))

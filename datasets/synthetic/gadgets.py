"""Consoles and what goes with them, in three dimensions: pads, handhelds, boxes with a slot, lots.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import random

from PIL import Image

from datasets.synthetic import art, brush, games
from datasets.synthetic.solid import Part, ball, block, lathe, matter, moved, printed, rod, shot, tube

_BLACK, _WHITE, _GREY = (30, 30, 33), (236, 236, 238), (120, 122, 128)


def _shell(rng: random.Random) -> brush.Colour:
    return rng.choice((_BLACK, _BLACK, _WHITE, _GREY, brush.vivid(rng)))


def _pad(rng: random.Random) -> list[Part]:
    """A pad that lies flat, its face upwards."""
    colour = _shell(rng)
    shell, dark = matter(colour, shine=0.35), matter(_GREY if colour == _BLACK else _BLACK, shine=0.3)
    parts = [ball((1.3, 0.28, 0.62), shell, square=0.6)]
    for side in (-1, 1):
        grip = [(side * 1.0, 0, -0.2), (side * 1.35, -0.05, 0.5), (side * 1.45, -0.15, 1.05)]
        parts.append(tube(grip, (0.45, 0.4, 0.25), shell, flat=0.7))
        parts.append(ball((0.25, 0.2, 0.24), shell, at=(side * 1.45, -0.15, 1.08)))
        parts.append(
            moved(lathe([(0.12, 0), (0.12, 0.2), (0.24, 0.26), (0.24, 0.33), (0, 0.3)], dark), (side * 0.5, 0.2, 0.35))
        )
        parts.append(ball((0.4, 0.12, 0.16), dark, at=(side * 0.95, 0.02, -0.55)))
    parts += block((0.5, 0.08, 0.16), dark, at=(-0.95, 0.28, -0.1)) + block(
        (0.16, 0.08, 0.5), dark, at=(-0.95, 0.28, -0.1)
    )
    for x, z in ((0, -0.22), (0.22, 0), (0, 0.22), (-0.22, 0)):
        parts.append(ball((0.1, 0.09, 0.1), matter(brush.vivid(rng), shine=0.5), at=(0.95 + x, 0.26, -0.1 + z)))
    return parts


def controller(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A pad, or two, with or without its cable."""
    parts = _pad(rng)
    if rng.random() < 0.3:
        cable = [(0, 0, -0.6), (0.2, 0, -1.4), (1.2, 0, -1.5), (1.9, 0, -0.8), (2.2, 0, 0.3)]
        parts.append(tube(cable, 0.06, matter(_BLACK)))
    if rng.random() < 0.15:
        parts += [moved(p, (3.2, 0, 0.4), turn=(0, 25, 0)) for p in _pad(rng)]
    return shot(parts, rng, yaw=(-35, 35), pitch=(30, 80))


def handheld_console(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A console to hold, wide, upright or with a hinge; its screen shows a game, or is dark."""
    shell, dark = matter(_shell(rng), shine=0.4), matter(rng.choice((_BLACK, _GREY, brush.vivid(rng))), shine=0.3)
    screen = matter((20, 22, 28), shine=0.8)
    if rng.random() < 0.75:
        screen = printed(art.paint((200, 120), rng, inlay, rng.choice(("street", "landscape", "burst", "glow"))))
    kind = rng.choice(("wide", "wide", "upright", "hinge"))
    if kind == "wide":
        parts = [ball((1.7, 0.78, 0.16), shell, square=0.35)]
        parts += block((1.6, 1.1, 0.06), matter(_BLACK), at=(0, 0, 0.15)) + block(
            (1.5, 1.0, 0.02), screen, at=(0, 0, 0.19)
        )
        spots = (-1.25, 1.25)
        low = 0.1
    elif kind == "upright":
        parts = [ball((0.85, 1.4, 0.2), shell, square=0.3)]
        parts += block((1.3, 1.1, 0.08), matter(_BLACK), at=(0, 0.6, 0.17)) + block(
            (1.1, 0.9, 0.02), screen, at=(0, 0.6, 0.22)
        )
        spots, low = (-0.45, 0.45), -0.5
    else:
        parts = block((2.2, 1.2, 0.16), shell, at=(0, 0.75, -0.2)) + block((1.4, 0.9, 0.02), screen, at=(0, 0.75, -0.1))
        parts += block((2.2, 1.1, 0.18), shell, at=(0, -0.5, 0)) + block((1.2, 0.8, 0.02), screen, at=(0, -0.5, 0.1))
        spots, low = (-0.85, 0.85), -0.5
    x = spots[0]
    parts += block((0.4, 0.13, 0.08), dark, at=(x, low, 0.22)) + block((0.13, 0.4, 0.08), dark, at=(x, low, 0.22))
    for a, b in ((0, 0.17), (0.17, 0), (0, -0.17), (-0.17, 0)):
        parts.append(
            ball(
                (0.08, 0.08, 0.06),
                matter(brush.vivid(rng)) if rng.random() < 0.5 else dark,
                at=(spots[1] + a, low + b, 0.21),
            )
        )
    return shot(parts, rng, yaw=(-30, 30), pitch=(-5, 25))


def console(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A console for the television, with its pad, cables or games beside it."""
    colour = _shell(rng)
    shell, dark = matter(colour, shine=0.3), matter(_GREY if colour == _BLACK else (70, 72, 78), shine=0.3)
    wide, high, deep = rng.uniform(2.4, 3.6), rng.uniform(0.4, 0.8), rng.uniform(1.8, 2.6)
    parts = block((wide, high, deep), shell, at=(0, high / 2, 0))
    kind = rng.choice(("slot", "lid", "flap"))
    if kind == "slot":
        parts += block((wide * 0.9, 0.06, 0.04), dark, at=(0, high * 0.55, deep / 2)) + block(
            (wide * 1.01, 0.07, deep * 1.01), dark, at=(0, high * 0.3, 0)
        )
    elif kind == "lid":
        parts.append(moved(lathe([(deep * 0.4, 0), (deep * 0.38, 0.1), (0, 0.12)], dark), (0, high, 0)))
    else:
        parts += block((wide * 0.5, 0.04, deep * 0.35), dark, at=(0, high, 0.1)) + block(
            (wide, high * 0.4, 0.05), dark, at=(0, high * 0.25, deep / 2)
        )
    for place in range(rng.randint(1, 4)):
        parts.append(
            ball(
                (0.09, 0.07, 0.05),
                matter(rng.choice(((200, 30, 30), _GREY, _BLACK))),
                at=(wide * 0.36 - place * 0.4, high * 0.3, deep / 2),
            )
        )
    for pad in range(rng.choice((0, 1, 1, 2))):
        parts += [
            moved(p, (wide * 0.35 - pad * 2.2, 0.1, deep / 2 + 1.2), turn=(0, rng.randint(-25, 25), 0), scale=0.65)
            for p in _pad(rng)
        ]
    if rng.random() < 0.2:
        for place in range(rng.randint(1, 4)):
            case = printed(games.game_case(rng, inlay))
            parts += [
                moved(p, (-2.6 + place * 1.2, 0.8, -deep)) for p in block((1.1, 1.6, 0.2), matter(_BLACK), front=case)
            ]
    return shot(parts, rng, pitch=(14, 50))


def game_lot(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """Games side by side, or the backs of their cases."""
    columns, rows = rng.choice(((2, 1), (3, 1), (3, 2), (4, 2), (4, 3)))
    wide = 340 // columns
    sheet = Image.new("RGBA", (columns * wide, rows * wide * 4 // 3), (0, 0, 0, 0))
    for place in range(columns * rows):
        maker = rng.choice((games.game_case, games.game_case, games.game_case, games.disc, games.cartridge))
        one = (
            maker(rng, inlay).resize((wide - 5, wide * 4 // 3 - 5)).rotate(rng.uniform(-4, 4), Image.Resampling.BICUBIC)
        )
        sheet.alpha_composite(one, (place % columns * wide, place // columns * wide * 4 // 3))
    return sheet


def pouch(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A zipped case for a console or a drone, or a stand or battery."""
    colour = matter(rng.choice((_BLACK, _BLACK, (60, 62, 68), brush.vivid(rng))), shine=0.1)
    parts = [ball((1.5, 0.4, 0.9), colour, square=0.35), ball((1.53, 0.04, 0.93), matter(_GREY), square=0.35)]
    if rng.random() < 0.5:
        parts.append(tube([(-0.4, 0, 0.9), (-0.3, 0.1, 1.3), (0.3, 0.1, 1.3), (0.4, 0, 0.9)], 0.07, colour))
    if inlay is not None and rng.random() < 0.4:
        parts += [
            moved(p, (0, 0.42, 0), turn=(-90, 0, 0))
            for p in block((1.2, 0.7, 0.02), colour, front=printed(art.paint((200, 120), rng, inlay)))
        ]
    if rng.random() < 0.3:
        parts.append(rod((0.8, 0.1, 0.95), (0.8, -0.3, 1.1), 0.06, matter(_GREY)))
    return shot(parts, rng, pitch=(20, 60))

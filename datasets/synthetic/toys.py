"""Toys and models in three dimensions: figures, robots, miniatures, soft animals, dolls.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import random

from PIL import Image

from datasets.synthetic import brush, games
from datasets.synthetic.mesh import Material
from datasets.synthetic.solid import Part, ball, block, lathe, matter, moved, printed, rod, shot, tube

_SKINS = ((235, 195, 165), (200, 150, 115), (120, 80, 60), (110, 160, 90), (170, 175, 180))
_BLACK, _STEEL = (28, 28, 30), (150, 152, 158)


def _body(rng: random.Random, skin: Material, top: Material, legs: Material, *, head: float) -> list[Part]:
    """Somebody who stands: limbs of tubes, a round head."""
    swing = [rng.uniform(-0.6, 0.9) for _ in range(2)]
    parts = [ball((0.42, 0.55, 0.26), top, at=(0, 1.5, 0), square=0.8), ball((0.36, 0.22, 0.25), legs, at=(0, 0.95, 0))]
    for side, lift in zip((-1, 1), swing, strict=True):
        foot = (side * rng.uniform(0.25, 0.5), 0.08, rng.uniform(-0.2, 0.25))
        parts.append(tube([(side * 0.2, 0.95, 0), (side * 0.27, 0.5, 0.05), foot], (0.19, 0.15, 0.12), legs))
        parts.append(ball((0.14, 0.1, 0.26), legs, at=(foot[0], 0.08, foot[2] + 0.1)))
        hand = (side * rng.uniform(0.55, 1.0), 1.35 + lift * 0.6, 0.15 + abs(lift) * 0.35)
        parts.append(tube([(side * 0.42, 1.85, 0), (side * 0.62, 1.5, 0), hand], (0.15, 0.12, 0.1), top))
        parts.append(ball((0.12, 0.13, 0.12), skin, at=hand))
    parts.append(ball((head * 0.9, head, head * 0.9), skin, at=(0, 2.05 + head * 0.8, 0)))
    return parts


def _face(parts: list[Part], rng: random.Random, head: float) -> None:
    dark, hair = matter(_BLACK, shine=0.5), matter(brush.colour(rng))
    y = 2.05 + head * 0.8
    for side in (-1, 1):
        parts.append(
            ball((head * 0.13, head * 0.18, head * 0.08), dark, at=(side * head * 0.35, y + head * 0.05, head * 0.82))
        )
    parts.append(moved(ball((head, head * 0.8, head), hair), (0, y + head * 0.42, -head * 0.22)))
    if rng.random() < 0.4:
        parts.append(
            tube([(0, y + head, -head * 0.6), (0, y - head, -head), (0.1, y - head * 2.2, -head)], head * 0.35, hair)
        )


def figure(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A hero to collect: natural or big-headed, with a cape, a weapon or a stand, at times before its box."""
    skin = matter(rng.choice(_SKINS))
    top, legs = matter(brush.vivid(rng), shine=0.3), matter(brush.colour(rng), shine=0.2)
    head = rng.choice((0.34, 0.4, 0.8, 0.95))
    parts = _body(rng, skin, top, legs, head=head)
    _face(parts, rng, head)
    if rng.random() < 0.35:
        cape = matter(brush.vivid(rng))
        parts.append(tube([(0, 2.0, -0.3), (0, 1.2, -0.55), (0, 0.3, -0.8)], (0.4, 0.6, 0.8), cape, flat=0.15))
    if rng.random() < 0.4:
        parts.append(rod((0.85, 0.8, 0.3), (0.9, 2.8, 0.6), 0.05, matter(_STEEL, shine=0.6)))
    if rng.random() < 0.5:
        parts.append(lathe([(0, -0.12), (0.95, -0.12), (0.95, 0), (0, 0.0)], matter(_BLACK)))
    if rng.random() < 0.25:
        front = printed(games.board_game(rng, inlay))
        parts = [moved(p, (1.3, 0, 0.6)) for p in parts]
        parts += block((2.3, 3.2, 1.6), matter(brush.vivid(rng)), at=(-0.9, 1.6, -0.6), front=front)
    return shot(parts, rng, pitch=(0, 18))


def robot(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A machine of blocks that stands like a man."""
    shades = [matter(rng.choice((brush.vivid(rng), (230, 230, 232), (60, 62, 70))), shine=0.4) for _ in range(3)]
    parts = block((1.0, 0.8, 0.7), shades[0], at=(0, 2.0, 0)) + block((0.6, 0.4, 0.5), shades[1], at=(0, 1.4, 0))
    parts += block((0.45, 0.45, 0.45), shades[1], at=(0, 2.7, 0)) + block(
        (0.3, 0.1, 0.1), matter((250, 220, 40)), at=(0, 2.72, 0.23)
    )
    for side in (-1, 1):
        out = rng.uniform(0.2, 0.5)
        parts += block((0.5, 0.5, 0.7), shades[2], at=(side * 0.8, 2.3, 0)) + block(
            (0.32, 0.9, 0.36), shades[1], at=(side * 0.85, 1.6, out)
        )
        parts += block((0.4, 0.8, 0.45), shades[0], at=(side * 0.35, 0.9, 0)) + block(
            (0.5, 0.6, 0.8), shades[2], at=(side * out, 0.3, 0.1)
        )
        if rng.random() < 0.6:
            wing = [(side * 0.4, 2.3, -0.4), (side * 1.3, 3.0, -0.7), (side * 1.7, 3.4, -0.8)]
            parts.append(tube(wing, (0.3, 0.2, 0.03), shades[0], flat=0.2))
    return shot(parts, rng, pitch=(0, 18))


def miniature(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """Soldiers or monsters of grey plastic or pewter on round stands, one to six."""
    grey = matter(
        rng.choice(((120, 122, 126), (95, 95, 100), (150, 145, 135), (70, 80, 110), (140, 115, 85))), shine=0.25
    )
    second = grey if rng.random() < 0.6 else matter(brush.colour(rng))
    parts: list[Part] = []
    count = rng.choice((1, 1, 1, 2, 3, 5))
    for place in range(count):
        one = _body(rng, grey, second, grey, head=rng.uniform(0.3, 0.4))
        for side in (-1, 1):
            one.append(ball((0.3, 0.24, 0.3), second, at=(side * 0.55, 1.95, 0)))
        weapon = rng.choice(("sword", "axe", "gun"))
        if weapon == "gun":
            one += block((0.2, 0.25, 1.4), grey, at=(0.3, 1.5, 0.6))
        else:
            one.append(rod((0.85, 0.7, 0.5), (1.0, 3.0, 0.4), 0.06, grey))
        if weapon == "axe":
            one.append(ball((0.45, 0.35, 0.06), grey, at=(1.0, 2.8, 0.4)))
        if rng.random() < 0.4:
            one.append(moved(ball((0.5, 0.7, 0.08), second), (-0.8, 1.5, 0.5), turn=(0, -30, 0)))
        if rng.random() < 0.3:
            one += [moved(ball((0.07, 0.3, 0.07), grey), (s * 0.3, 2.75, 0), turn=(0, 0, -s * 30)) for s in (-1, 1)]
        one.append(lathe([(0, -0.2), (0.95, -0.2), (0.85, 0), (0, 0)], matter(_BLACK)))
        parts += [moved(p, (place % 3 * 2.3, 0, -(place // 3) * 2.0), turn=(0, rng.uniform(-30, 30), 0)) for p in one]
    return shot(parts, rng, pitch=(5, 35))


def soft_animal(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A stuffed animal that sits."""
    fur = rng.choice(((170, 120, 80), (225, 200, 170), (200, 200, 205), (240, 170, 190), brush.vivid(rng)))
    coat, pale, dark = matter(fur, shine=0), matter(brush.shifted(fur, 45), shine=0), matter(_BLACK, shine=0.6)
    parts = [ball((0.75, 0.9, 0.6), coat, at=(0, 0.8, 0)), ball((0.5, 0.62, 0.35), pale, at=(0, 0.75, 0.32))]
    parts += [ball((0.72, 0.62, 0.6), coat, at=(0, 2.05, 0.05)), ball((0.33, 0.24, 0.28), pale, at=(0, 1.9, 0.55))]
    parts.append(ball((0.1, 0.08, 0.08), dark, at=(0, 2.0, 0.82)))
    ear = rng.choice(((0.26, 0.26, 0.12), (0.17, 0.65, 0.1), (0.2, 0.34, 0.1)))
    for side in (-1, 1):
        parts.append(
            moved(ball(ear, coat), (side * 0.52, 2.5 + ear[1] * 0.6, 0), turn=(0, 0, -side * rng.randint(5, 45)))
        )
        parts.append(ball((0.09, 0.11, 0.06), dark, at=(side * 0.26, 2.18, 0.57)))
        parts.append(
            tube([(side * 0.6, 1.3, 0.1), (side * 0.95, 0.9, 0.3), (side * 0.95, 0.6, 0.5)], (0.2, 0.24, 0.2), coat)
        )
        parts.append(
            tube([(side * 0.4, 0.3, 0.3), (side * 0.6, 0.25, 0.9), (side * 0.65, 0.3, 1.2)], (0.3, 0.3, 0.26), coat)
        )
        parts.append(ball((0.22, 0.24, 0.1), pale, at=(side * 0.65, 0.3, 1.42)))
    if rng.random() < 0.4:
        cloth = matter(brush.vivid(rng))
        parts += [ball((0.3, 0.16, 0.12), cloth, at=(s * 0.28, 1.48, 0.55)) for s in (-1, 1)]
    return shot(parts, rng, pitch=(0, 15))


def dressed_doll(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A doll in a wide dress."""
    skin, cloth = matter(rng.choice(_SKINS[:3])), matter(brush.vivid(rng), shine=0.2)
    head = rng.choice((0.4, 0.6))
    parts = _body(rng, skin, cloth, skin, head=head)
    _face(parts, rng, head)
    parts.append(lathe([(rng.uniform(0.7, 1.3), rng.uniform(0.05, 0.6)), (0.75, 0.8), (0.36, 1.25)], cloth))
    return shot(parts, rng, pitch=(0, 15))

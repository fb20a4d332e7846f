"""For house, workshop, garden and nursery, in three dimensions: ironmongery, garden sets, kitchen tools, baby things.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import math
import random

from PIL import Image, ImageDraw

from datasets.synthetic import art, brush, games
from datasets.synthetic.solid import Part, ball, block, lathe, matter, moved, printed, ring, rod, shot, tube
from datasets.synthetic.textiles import cloth

_BLACK, _STEEL, _WHITE = (28, 28, 30), (155, 157, 162), (238, 238, 240)
_WOODS = ((150, 100, 60), (95, 62, 40), (190, 150, 100), (70, 60, 55))


def ironmongery(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """Screws, drills, hooks, pipes, valves, blades, chains: small parts of metal or black plastic, one to eight."""
    metal = matter(rng.choice((_STEEL, _STEEL, _BLACK, (190, 160, 80), (205, 207, 212))), shine=0.8)
    kind = rng.choice(("screw", "drill", "hook", "pipe", "blade", "chain", "knob", "plate"))
    parts: list[Part] = []
    if kind == "screw":
        one = [
            lathe(
                [(0, -1.6), (0.14, -1.2), *((0.2 - 0.06 * (i % 2), -1.2 + i * 0.1) for i in range(24)), (0.2, 1.3)],
                metal,
            )
        ]
        one.append(lathe([(0.2, 1.2), (0.42, 1.4), (0.42, 1.5), (0, 1.55)], metal))
    elif kind == "drill":
        grip = matter(brush.vivid(rng) if rng.random() < 0.3 else _STEEL, shine=0.7)
        one = [lathe([(0, -2), (0.2, -1.7), (0.2, 0.8)], metal), lathe([(0.24, 0.7), (0.24, 2), (0, 2)], grip)]
        one.append(
            tube(
                [(0.2 * math.cos(a * 0.8), -1.7 + a * 0.08, 0.2 * math.sin(a * 0.8)) for a in range(32)],
                0.05,
                matter(_BLACK),
            )
        )
    elif kind == "hook":
        bend = [(0, 1.2, 0), (0, 0, 0), (0, -0.7, 0.1), (0, -0.9, 0.5), (0, -0.6, 0.9), (0, -0.2, 0.95)]
        one = [tube(bend, 0.13, metal), *block((0.7, 1.4, 0.12), metal, at=(0, 0.7, -0.12))]
    elif kind == "pipe":
        one = [tube([(-1.5, 0, 0), (0, 0, 0), (0.3, 0.1, 0), (0.5, 0.4, 0), (0.5, 1.6, 0)], 0.4, metal)]
        one += [ring(0.48, 0.1, metal, y=1.5)] if rng.random() < 0.5 else [rod((-1.6, 0, 0), (-1.2, 0, 0), 0.52, metal)]
        one[-1] = moved(one[-1], (0.5, 0, 0)) if one[-1].points.shape[0] > 10 else one[-1]
    elif kind == "blade":
        saw = lathe([(0.2, 0), (1.5, 0), (1.5, 0.05), (0.2, 0.05)], metal, sides=72)
        saw.points[1:3, ::2] *= (0.93, 1, 0.93)
        one = [moved(saw, turn=(70, 0, 0))]
    elif kind == "chain":
        one = []
        for link in range(10):
            hoop = ring(0.3, 0.08, metal)
            hoop.points[..., 0] *= 1.5
            one.append(
                moved(
                    hoop,
                    (link * 0.62 - 3, math.sin(link * 0.9) * 0.4, 0),
                    turn=(90 * (link % 2), 0, 20 * math.cos(link)),
                )
            )
    elif kind == "knob":
        one = [lathe([(0, 0), (0.9, 0), (1.0, 0.3), (0.4, 0.5), (0.4, 1.2), (0.6, 1.3), (0.6, 1.7), (0, 1.75)], metal)]
    else:
        one = block((2.4, 1.0, 0.15), metal) + [
            ball((0.13, 0.13, 0.02), matter(_BLACK), at=(x, 0, 0.08)) for x in (-0.9, -0.3, 0.3, 0.9)
        ]
    count = rng.choice((1, 1, 1, 2, 4, 6)) if kind != "chain" else 1
    for place in range(count):
        parts += [
            moved(p, (place % 3 * 2.6 if kind in ("pipe", "plate", "knob") else place * 1.1, -(place // 3) * 2.2, 0))
            for p in one
        ]
    picture = shot(parts, rng, pitch=(5, 40))
    return picture.rotate(rng.choice((0, rng.uniform(-60, 60))), Image.Resampling.BICUBIC, expand=True)


def garden_set(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A table with chairs or benches, a lounger, a parasol, an arbour, under a cover or not."""
    wood = matter(rng.choice((*_WOODS, _BLACK, _WHITE, (110, 112, 116))), shine=0.1)
    fabric = cloth(rng, inlay, plain=0.75)
    kind = rng.choice(("table", "table", "lounger", "parasol", "arbour", "bench", "cover"))
    parts: list[Part] = []
    if kind == "table":
        parts += [p for z in range(-2, 3) for p in block((3, 0.08, 0.34), wood, at=(0, 1.2, z * 0.38))]
        parts += [rod((x, 0, z), (x, 1.2, z), 0.07, wood) for x in (-1.3, 1.3) for z in (-0.8, 0.8)]
        for x, z in ((-0.8, 1.6), (0.8, 1.6), (-0.8, -1.6), (0.8, -1.6))[: rng.choice((2, 4))]:
            back = 0.35 if z > 0 else -0.35
            parts += block((0.8, 0.1, 0.8), fabric, at=(x, 0.65, z)) + block(
                (0.8, 0.8, 0.08), wood, at=(x, 1.1, z + back)
            )
            parts += [
                rod((x + a, 0, z + b), (x + a, 0.65, z + b), 0.05, wood) for a in (-0.35, 0.35) for b in (-0.35, 0.35)
            ]
    elif kind == "lounger":
        parts += block((0.9, 0.14, 2.2), fabric, at=(0, 0.55, 0)) + [
            moved(p, (0, 0.95, -1.4), turn=(35, 0, 0)) for p in block((0.9, 0.14, 1.1), fabric)
        ]
        parts += [rod((x, 0, z), (x, 0.5, z), 0.06, wood) for x in (-0.4, 0.4) for z in (-1, 1)]
    elif kind == "parasol":
        parts += [lathe([(1.9, 2.4), (1.0, 2.85), (0, 3.1)], fabric, sides=8), rod((0, 0, 0), (0, 3.2, 0), 0.06, wood)]
        parts.append(lathe([(0, 0), (0.5, 0), (0.45, 0.15), (0.1, 0.25)], matter(_BLACK)))
    elif kind == "arbour":
        parts.append(lathe([(2.4, 2.2), (1.2, 2.9), (0, 3.3)], fabric, sides=4))
        parts = [moved(p, turn=(0, 45, 0)) for p in parts]
        parts += [rod((x, 0, z), (x, 2.3, z), 0.08, wood) for x in (-1.55, 1.55) for z in (-1.55, 1.55)]
    elif kind == "bench":
        parts += [
            p
            for i in range(4)
            for p in block((3, 0.07, 0.2), wood, at=(0, 0.8, i * 0.24))
            + block((3, 0.2, 0.06), wood, at=(0, 1.1 + i * 0.25, -0.15))
        ]
        iron = matter(_BLACK)
        parts += [
            tube([(x, 0, 0.9), (x, 0.75, 0.8), (x, 1.2, 0.8), (x, 1.25, 0.1), (x, 0.7, -0.1), (x, 0, -0.3)], 0.07, iron)
            for x in (-1.45, 1.45)
        ]
    else:
        cover = matter(rng.choice((_BLACK, (60, 80, 60), (120, 122, 126), (190, 175, 140))), shine=0.1)
        parts += [ball((1.8, 0.8, 1.2), cover, at=(0, 0.7, 0), square=0.35)]
    return shot(parts, rng, pitch=(8, 28))


def kitchen_tool(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """Whisks, spatulas, moulds, bowls, strainers."""
    handle = matter(rng.choice((*_WOODS, _BLACK, brush.vivid(rng), _STEEL)), shine=0.4)
    steel = matter(rng.choice((_STEEL, brush.vivid(rng), _BLACK)), shine=0.7)
    parts: list[Part] = []
    kind = rng.choice(("spatula", "whisk", "bowl", "ladle"))
    if kind == "bowl":
        return shot(
            [lathe([(0.5, 0), (0.9, 0.3), (1.2, 0.9), (1.1, 0.9), (0.8, 0.3), (0, 0.1)], steel)], rng, pitch=(15, 45)
        )
    for place in range(rng.choice((1, 1, 2, 4))):
        one = [rod((0, -2.4, 0), (0, 0, 0), 0.14, handle), rod((0, 0, 0), (0, 0.6, 0), 0.07, steel)]
        if kind == "spatula":
            one += block((0.8, 1.2, 0.06), steel, at=(0, 1.1, 0))
        elif kind == "ladle":
            one.append(ball((0.6, 0.6, 0.25), steel, at=(0, 1.1, 0)))
        else:
            one += [
                moved(
                    tube(
                        [
                            (0, 0.5, 0),
                            (0.5, 1.3, 0),
                            (0.3, 2.0, 0),
                            (0, 2.1, 0),
                            (-0.3, 2.0, 0),
                            (-0.5, 1.3, 0),
                            (0, 0.5, 0),
                        ],
                        0.03,
                        steel,
                    ),
                    turn=(0, a * 36, 0),
                )
                for a in range(5)
            ]
        parts += [moved(p, (place * 1.2, 0, 0)) for p in one]
    return shot(parts, rng, pitch=(0, 20)).rotate(rng.uniform(-60, 60), Image.Resampling.BICUBIC, expand=True)


def bib(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A bib with an edge and a print."""
    sheet = Image.new("RGBA", (260, 320), (0, 0, 0, 0))
    pen, edge = ImageDraw.Draw(sheet), (*brush.colour(rng, pale=True), 255)
    paper = (*rng.choice(((255, 255, 255), brush.colour(rng, pale=True))), 255)
    for inset, fill in ((0, edge), (9, paper)):
        pen.rounded_rectangle((15 + inset, 100 + inset, 245 - inset, 315 - inset), 70, fill=fill)
        pen.ellipse((40 + inset, 5 + inset, 220 - inset, 230 - inset), fill=fill)
    pen.ellipse((78, 30, 182, 150), fill=(0, 0, 0, 0), outline=edge, width=8)
    pen.polygon([(112, 0), (148, 0), (138, 60), (122, 60)], fill=(0, 0, 0, 0))
    if inlay is not None:
        brush.print_on(sheet, inlay, (0.5, 0.7), rng.uniform(0.35, 0.5))
    return sheet


def nursery(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A feeding bottle, a humidifier, a teether, a nest, a gate, a bag for the pram."""
    soft = matter(brush.colour(rng, pale=True), shine=0.3)
    second = matter(brush.colour(rng, pale=rng.random() < 0.5), shine=0.3)
    kind = rng.choice(("bottle", "humidifier", "teether", "nest", "gate", "bag", "bag"))
    if kind == "bottle":
        parts = [
            lathe(
                [(0, 0), (0.5, 0), (0.52, 0.5), (0.42, 1.0), (0.52, 1.6), (0.4, 1.9)],
                matter((225, 232, 238), shine=0.6),
            )
        ]
        parts += [
            lathe([(0.5, 1.8), (0.5, 2.2), (0.3, 2.25)], soft),
            lathe([(0.35, 2.2), (0.2, 2.5), (0.1, 2.8), (0, 2.85)], matter((235, 215, 170))),
        ]
    elif kind == "humidifier":
        parts = [
            lathe([(0, 0), (0.8, 0), (0.9, 0.9), (0.88, 1.0)], second),
            lathe([(0.88, 1.0), (0.7, 1.7), (0.25, 2.1), (0.2, 2.3), (0, 2.3)], matter(_WHITE, shine=0.4)),
        ]
    elif kind == "teether":
        parts = [
            moved(ring(0.8, 0.22, soft), turn=(80, 0, 0)),
            ball((0.6, 0.5, 0.22), second, at=(0, 1.2, 0)),
            *(ball((0.2, 0.2, 0.1), second, at=(x, 1.6, 0)) for x in (-0.45, 0.45)),
        ]
    elif kind == "nest":
        edge, inside = cloth(rng, inlay, plain=0.4), ball((1.0, 0.12, 1.7), cloth(rng, inlay, plain=0.3))
        hoop = ring(1.1, 0.3, edge)
        hoop.points[..., 2] *= 1.6
        parts = [hoop, inside]
        return shot(parts, rng, pitch=(40, 80))
    elif kind == "gate":
        bars = matter(rng.choice((_WHITE, _WHITE, (190, 150, 100), _BLACK)))
        parts = [rod((x * 0.32, 0, 0), (x * 0.32, 2, 0), 0.05, bars) for x in range(-5, 6)]
        parts += [rod((-1.7, y, 0), (1.7, y, 0), 0.08, bars) for y in (0, 2)]
    else:
        fabric = cloth(rng, inlay, plain=0.6)
        parts = [
            ball((1.1, 0.9, 0.5), fabric, at=(0, 0.9, 0), square=0.5),
            ball((0.8, 0.4, 0.2), second, at=(0, 0.65, 0.42), square=0.5),
        ]
        parts.append(tube([(-0.6, 1.7, 0), (-0.5, 2.4, 0), (0.5, 2.4, 0), (0.6, 1.7, 0)], 0.07, second))
    return shot(parts, rng, pitch=(5, 25))


def pieces(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A board game laid out: its board, pawns, dice, cards, and the box behind."""
    board = art.paint((200, 200), rng, None, "shapes")
    pen = ImageDraw.Draw(board)
    for x in range(0, 200, 25):
        for y in range(0, 200, 25):
            if x in (0, 175) or y in (0, 175) or (x + y) % 50 == 0:
                pen.rectangle((x, y, x + 23, y + 23), fill=(*brush.vivid(rng), 255), outline="white")
    parts = [moved(p, turn=(-90, 0, 0)) for p in block((3, 3, 0.08), matter(_BLACK), front=printed(board))]
    for _ in range(rng.randint(2, 8)):
        pawn = [lathe([(0, 0), (0.2, 0), (0.1, 0.3), (0.08, 0.4)], matter(brush.vivid(rng), shine=0.5))]
        pawn.append(ball((0.14, 0.14, 0.14), pawn[0].material, at=(0, 0.48, 0)))
        parts += [moved(p, (rng.uniform(-1.4, 1.4), 0.05, rng.uniform(-1.4, 1.4))) for p in pawn]
    if rng.random() < 0.6:
        lid = printed(games.board_game(rng, inlay))
        parts += block((3, 2.2, 0.5), matter(brush.vivid(rng)), at=(rng.uniform(-0.8, 0.8), 1.1, -2.1), front=lid)
    return shot(parts, rng, pitch=(18, 45))

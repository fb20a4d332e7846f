"""Video and board games in print, drawn: cases, cartridges, discs, cards, boxes, pictures of downloads.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import random

from PIL import Image, ImageDraw

from datasets.synthetic import art, brush, covers

_BLACK = (15, 15, 18)
# Where a platform's strip runs, its colour, and the shape of the case.
_CASES = (
    ((0.70, "top"), (18, 18, 20)),
    ((0.70, "top"), (25, 75, 175)),
    ((0.70, "top"), (90, 170, 40)),
    ((0.70, "top"), (235, 235, 238)),
    ((0.71, "top"), (200, 20, 30)),
    ((0.72, "none"), (40, 40, 45)),
    ((1.12, "left"), (240, 240, 240)),
    ((1.0, "left"), (20, 20, 22)),
    ((0.99, "none"), (60, 60, 60)),
)


def game_case(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A plastic case with a platform's strip, an age mark and the game's logo."""
    (shape, strip), band = rng.choice(_CASES)
    height = 330 if shape < 1 else 270
    sheet = _action((int(height * shape), height), rng, inlay)
    pen = ImageDraw.Draw(sheet)
    name = rng.choice(("PLAYBOX", "GAMEBOX", "PC CD", "ARCADE X", "PLAY 2", "PC DVD", "PORTABLE"))
    kind = brush.face(rng, "heavy")
    if strip == "top":
        pen.rectangle((0, 0, sheet.width, sheet.height * 0.1), fill=(*band, 255))
        brush.write(sheet, name, box=(0.05, 0.015, 0.6, 0.085), typeface=kind, ink=brush.ink_on(band), left=True)
    elif strip == "left":
        pen.rectangle((0, 0, sheet.width * 0.1, sheet.height), fill=(*band, 255))
        spine = Image.new("RGBA", (sheet.height, int(sheet.width * 0.1)), (0, 0, 0, 0))
        brush.write(spine, name, box=(0.1, 0.1, 0.9, 0.9), typeface=kind, ink=brush.ink_on(band))
        sheet.alpha_composite(spine.rotate(90, expand=True).resize((spine.height, spine.width)))
    _age_mark(sheet, rng)
    if rng.random() < 0.5:
        pen.rectangle((0, 0, sheet.width - 1, sheet.height - 1), outline=(*brush.shifted(band, -20), 255), width=4)
    return sheet


def download(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """The picture of a game to download: upright or wide, no case around it."""
    sheet = _action(rng.choice(((330, 185), (340, 190), (220, 310), (225, 320))), rng, inlay)
    if rng.random() < 0.3:
        _age_mark(sheet, rng)
    return sheet


def _action(size: tuple[int, int], rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A game's picture: dark or bright, heroes, a logo with an edge."""
    dark = rng.random() < 0.6
    kind = rng.choice(("glow", "night", "plasma")) if dark else rng.choice(("burst", "landscape", "street", "glow"))
    sheet = art.paint(size, rng, inlay, kind)
    if inlay is not None and rng.random() < 0.4:
        other = brush.recoloured(inlay, rng.randint(0, 255))
        brush.print_on(sheet, other, (rng.choice((0.15, 0.85)), rng.uniform(0.5, 0.8)), rng.uniform(0.3, 0.6))
    top = rng.choice((0.12, 0.64, 0.64))
    ink = rng.choice(((255, 255, 255), (250, 210, 60), brush.vivid(rng)))
    words = brush.phrase(rng, rng.randint(1, 3)).upper()
    box = (0.06, top, 0.94, top + rng.uniform(0.16, 0.26))
    brush.write(sheet, words, box=box, typeface=brush.face(rng, "heavy"), ink=ink, outline=_BLACK)
    return sheet


def _age_mark(sheet: Image.Image, rng: random.Random) -> None:
    side = sheet.width // 8
    x, y = rng.choice((5, sheet.width - side - 6)), sheet.height - int(side * 1.3) - 6
    pen = ImageDraw.Draw(sheet)
    shade = rng.choice(((90, 180, 40), (240, 170, 20), (200, 20, 30), (255, 255, 255)))
    pen.rectangle((x, y, x + side, y + int(side * 1.25)), fill=(*shade, 255), outline="black")
    pen.text(
        (x + side / 2, y + side * 0.6),
        rng.choice(("3", "7", "12", "16", "18")),
        fill="black",
        anchor="mm",
        font=brush.font(side * 2 // 3),
    )


def cartridge(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A grey cartridge with a label."""
    grey = rng.choice(((120, 120, 125), (60, 60, 65), (200, 195, 180), (90, 90, 150)))
    sheet = Image.new("RGBA", (250, 260), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    pen.rounded_rectangle((5, 5, 245, 255), 14, fill=(*grey, 255), outline=(*brush.shifted(grey, -50), 255), width=2)
    pen.rectangle((60, 225, 190, 255), fill=(*brush.shifted(grey, -40), 255))
    for x in (12, 230):
        for y in range(20, 200, 12):
            pen.line((x, y, x + 10, y), fill=(*brush.shifted(grey, -45), 255), width=3)
    sheet.paste(_action((180, rng.randint(120, 180)), rng, inlay), (35, 30))
    return sheet


def disc(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A printed disc."""
    sheet = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    mask = Image.new("L", sheet.size, 0)
    ImageDraw.Draw(mask).ellipse((5, 5, 295, 295), fill=255)
    sheet.paste(_action((300, 300), rng, inlay), (0, 0), mask)
    pen = ImageDraw.Draw(sheet)
    pen.ellipse((5, 5, 295, 295), outline=(150, 150, 150, 255), width=3)
    pen.ellipse((115, 115, 185, 185), fill=(225, 225, 230, 255))
    pen.ellipse((130, 130, 170, 170), fill=(255, 255, 255, 255))
    return sheet


def card(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A trading card: of a game, or of a sport, or a postcard's worth of picture."""
    return rng.choice((_creature, _creature, _spell, _spell, _monster, _monster, _player))(rng, inlay)


def _blank(rng: random.Random, frame: brush.Colour, body: brush.Colour, margin: int) -> Image.Image:
    """A card of that frame, 240 by 335, its body mottled."""
    sheet = Image.new("RGBA", (240, 335), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    pen.rounded_rectangle((0, 0, 239, 334), 12, fill=(*frame, 255))
    size = (240 - 2 * margin, 335 - 2 * margin)
    mottled = art.paint(size, rng, None, "plasma")
    sheet.paste(Image.blend(mottled, Image.new("RGBA", size, (*body, 255)), 0.8), (margin, margin))
    return sheet


def _window(sheet: Image.Image, rng: random.Random, inlay: Image.Image | None, box: tuple[int, int, int, int]) -> None:
    size = (box[2] - box[0], box[3] - box[1])
    sheet.paste(art.paint(size, rng, inlay), box[:2])
    ImageDraw.Draw(sheet).rectangle(box, outline=(70, 60, 50, 255), width=3)


def _creature(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A name and its strength, a window, two attacks."""
    frame = rng.choice(((245, 215, 60), (245, 215, 60), (200, 200, 205), (240, 240, 240)))
    sheet = _blank(rng, frame, brush.mixed(brush.vivid(rng), (255, 255, 255), 0.35), 11)
    kind = brush.face(rng, "sans")
    brush.write(
        sheet, rng.choice(brush.WORDS).title(), box=(0.1, 0.045, 0.6, 0.105), typeface=kind, ink=_BLACK, left=True
    )
    brush.write(sheet, f"{rng.randint(3, 20)}0 PV", box=(0.65, 0.05, 0.9, 0.1), typeface=kind, ink=(190, 20, 30))
    _window(sheet, rng, inlay, (20, 40, 220, 172))
    pen = ImageDraw.Draw(sheet)
    for row in range(2):
        y = 190 + row * 55
        for dot in range(rng.randint(1, 3)):
            pen.ellipse((20 + dot * 16, y, 33 + dot * 16, y + 13), fill=(*brush.vivid(rng), 255), outline="black")
        brush.write(
            sheet,
            rng.choice(brush.WORDS).title(),
            box=(0.32, y / 335, 0.75, y / 335 + 0.045),
            typeface=kind,
            ink=_BLACK,
        )
        brush.print_lines(sheet, rng, box=(0.09, (y + 18) / 335, 0.9, (y + 44) / 335), ink=(40, 40, 40), size=9)
    return sheet


def _spell(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A dark frame, a title bar, a window, a type bar, a text box."""
    body = rng.choice(((60, 90, 60), (50, 90, 150), (150, 60, 45), (60, 55, 60), (190, 180, 150), (170, 145, 80)))
    sheet = _blank(rng, rng.choice((_BLACK, _BLACK, (240, 240, 238))), body, 11)
    pen, bar = ImageDraw.Draw(sheet), brush.mixed(body, (255, 255, 255), 0.65)
    for y in (18, 190):
        pen.rounded_rectangle((17, y, 222, y + 20), 6, fill=(*bar, 255), outline="black")
        words = brush.phrase(rng, 2).title()
        brush.write(
            sheet,
            words,
            box=(0.1, (y + 2) / 335, 0.8, (y + 18) / 335),
            typeface=brush.face(rng, "serif"),
            ink=_BLACK,
            left=True,
        )
    _window(sheet, rng, inlay, (20, 40, 219, 188))
    pen.rectangle((20, 213, 219, 310), fill=(*brush.mixed(bar, (255, 255, 255), 0.4), 255), outline="black")
    brush.print_lines(sheet, rng, box=(0.11, 0.65, 0.89, 0.9), ink=(30, 30, 30), size=10)
    return sheet


def _monster(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A brown or violet or green body, a square window, stars, a pale text box."""
    body = rng.choice(((190, 130, 80), (160, 95, 60), (130, 80, 150), (40, 140, 120), (190, 60, 110), (60, 60, 65)))
    sheet = _blank(rng, brush.shifted(body, -40), body, 9)
    pen = ImageDraw.Draw(sheet)
    brush.write(
        sheet,
        brush.phrase(rng, 2).upper(),
        box=(0.09, 0.05, 0.8, 0.1),
        typeface=brush.face(rng, "serif"),
        ink=_BLACK,
        left=True,
    )
    pen.ellipse((203, 15, 222, 34), fill=(*brush.vivid(rng), 255), outline="black")
    for star in range(rng.randint(1, 8)):
        pen.ellipse((200 - star * 16, 41, 212 - star * 16, 53), fill=(230, 150, 30, 255), outline=(120, 30, 20, 255))
    _window(sheet, rng, inlay, (30, 60, 210, 236))
    pen.rectangle((18, 246, 221, 320), fill=(235, 215, 190, 255), outline=(90, 60, 40, 255), width=2)
    brush.print_lines(sheet, rng, box=(0.1, 0.75, 0.9, 0.94), ink=(50, 40, 35), size=9)
    return sheet


def _player(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A picture to the edge and a name on a band."""
    sheet = art.paint((240, 335), rng, inlay)
    pen, band = ImageDraw.Draw(sheet), brush.vivid(rng)
    pen.rectangle((0, 285, 240, 320), fill=(*band, 255))
    brush.write(
        sheet,
        rng.choice(brush.NAMES),
        box=(0.08, 0.86, 0.92, 0.94),
        typeface=brush.face(rng, "heavy"),
        ink=brush.ink_on(band),
    )
    if rng.random() < 0.6:
        pen.rectangle((0, 0, 239, 334), outline=(255, 255, 255, 255), width=9)
    return sheet


def board_game(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """The lid of a board game: a wide or square picture with its name."""
    size = rng.choice(((330, 220), (300, 300), (330, 250), (230, 320), (340, 200)))
    kind = rng.choice(("landscape", "burst", "street", "shapes", "plasma"))
    sheet = art.paint(size, rng, inlay, kind)
    if inlay is not None and rng.random() < 0.5:
        brush.print_on(sheet, inlay, (rng.choice((0.2, 0.8)), 0.65), rng.uniform(0.4, 0.7))
    words, top = brush.phrase(rng, rng.randint(1, 3)), rng.choice((0.05, 0.05, 0.65))
    edge = (255, 255, 255) if rng.random() < 0.5 else _BLACK
    box = (0.06, top, 0.94, top + 0.27)
    brush.write(sheet, words, box=box, typeface=brush.face(rng, "heavy"), ink=brush.vivid(rng), outline=edge)
    if rng.random() < 0.3:
        ImageDraw.Draw(sheet).rectangle(
            (0, 0, sheet.width - 1, sheet.height - 1), outline=(*brush.vivid(rng), 255), width=10
        )
    return art.aged(sheet, rng) if rng.random() < 0.25 else sheet


def manual(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A rule book: the look of a cover with a game's picture."""
    return covers.comic(rng, inlay) if rng.random() < 0.4 else _action((240, 320), rng, inlay)

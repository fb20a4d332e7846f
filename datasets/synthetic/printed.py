"""Printed rectangles, drawn: boxes, lots of books, canvases, notebooks, packs of food.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import random

from PIL import Image, ImageDraw

from datasets.synthetic import art, brush, covers, games


def canvas(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A picture to hang, framed or not, or one laid in small stones."""
    sheet = art.paint(rng.choice(((310, 220), (230, 310), (270, 270), (330, 170))), rng, inlay)
    if rng.random() < 0.35:
        small = sheet.resize((sheet.width // 5, sheet.height // 5), Image.Resampling.BOX)
        sheet = small.resize(sheet.size, Image.Resampling.NEAREST)
    if rng.random() < 0.5:
        frame = rng.choice(((20, 20, 20), (245, 245, 245), (120, 80, 45), (190, 160, 90)))
        bordered = Image.new("RGBA", (sheet.width + 30, sheet.height + 30), (*frame, 255))
        bordered.paste(sheet, (15, 15))
        return bordered
    return sheet


def box(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A cardboard box seen from a corner, its front printed."""
    front = games.board_game(rng, inlay).resize((rng.randint(190, 260), rng.randint(170, 260)))
    side = rng.randint(15, 60)
    edge = front.getpixel((2, 2))
    colour: brush.Colour = (edge[0], edge[1], edge[2]) if isinstance(edge, tuple) else (128, 128, 128)
    sheet = Image.new("RGBA", (front.width + side, front.height + side // 2), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    right, drop = front.width, side // 2
    pen.polygon([(0, drop), (side, 0), (right + side, 0), (right, drop)], fill=(*brush.shifted(colour, 30), 255))
    corner = [(right, drop), (right + side, 0), (right + side, front.height), (right, front.height + drop)]
    pen.polygon(corner, fill=(*brush.shifted(colour, -50), 255))
    sheet.paste(front, (0, drop))
    return sheet


def stack(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """Several books, magazines or comics: fanned out, in rows, or a shelf of spines."""
    maker = rng.choice(
        (covers.cover, covers.used_book, covers.magazine, covers.magazine, covers.comic, covers.old_book)
    )
    kind = rng.random()
    if kind < 0.3:
        sheet = Image.new("RGBA", (340, 300), (0, 0, 0, 0))
        for place in range(rng.randint(3, 7)):
            one = maker(rng, inlay).resize((135, 190)).rotate(rng.randint(-20, 20), expand=True)
            sheet.alpha_composite(one, (min(180, 5 + place * 32), min(80, rng.randint(2, 80))))
        return sheet
    if kind < 0.65:
        columns, rows = rng.choice(((2, 1), (3, 1), (3, 2), (4, 2), (2, 2), (5, 1)))
        wide = 360 // columns
        high = wide * 4 // 3
        sheet = Image.new("RGBA", (columns * wide, rows * high), (0, 0, 0, 0))
        for place in range(columns * rows):
            one = maker(rng, inlay).resize((wide - 3, high - 3)).rotate(rng.uniform(-3, 3), Image.Resampling.BICUBIC)
            sheet.alpha_composite(one, (place % columns * wide, place // columns * high))
        return sheet
    return _spines(rng)


def _spines(rng: random.Random) -> Image.Image:
    """A row of spines, of one series or mixed."""
    sheet = Image.new("RGBA", (340, rng.randint(120, 260)), (0, 0, 0, 0))
    pen, x = ImageDraw.Draw(sheet), 0
    series = brush.colour(rng) if rng.random() < 0.5 else None
    thick = rng.randint(12, 34)
    while x < 300:
        width, top = (thick, 4) if series else (rng.randint(12, 38), rng.randint(0, 40))
        base = series or brush.colour(rng, pale=rng.random() < 0.4)
        pen.rectangle(
            (x, top, x + width, sheet.height - 1), fill=(*base, 255), outline=(*brush.shifted(base, -50), 255)
        )
        label = Image.new("RGBA", (sheet.height - top, width), (0, 0, 0, 0))
        words = brush.phrase(rng, rng.randint(1, 3))
        box = (0.1, 0.2, 0.75, 0.8)
        brush.write(label, words, box=box, typeface=brush.face(rng, "sans"), ink=brush.ink_on(base), left=True)
        sheet.alpha_composite(label.rotate(-90, expand=True), (x, top))
        for y in (0.08, 0.9):
            pen.line((x + 1, top + y * 120, x + width - 1, top + y * 120), fill=(210, 180, 100, 255), width=2)
        x += width + 1
    return sheet.rotate(90, expand=True) if rng.random() < 0.3 else sheet


def notebook(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A notebook with a spiral or an elastic, plain or with a print in its middle."""
    base = rng.choice(((244, 240, 222), (244, 240, 222), brush.colour(rng), brush.colour(rng, pale=True)))
    sheet = brush.gradient((240, 330), base, brush.shifted(base, -14))
    if rng.random() < 0.75:
        if inlay is not None:
            brush.print_on(sheet, inlay, (0.46, 0.55), rng.uniform(0.4, 0.65))
        words, ink = brush.phrase(rng, rng.randint(1, 4)), brush.ink_on(base)
        top = rng.choice((0.12, 0.78))
        brush.write(sheet, words, box=(0.16, top, 0.76, top + 0.12), typeface=brush.face(rng, "sans"), ink=ink)
    pen = ImageDraw.Draw(sheet)
    if rng.random() < 0.3:
        for y in range(12, 320, 16):
            pen.ellipse((4, y, 18, y + 9), fill=(225, 225, 225, 255), outline=(70, 70, 70, 255))
    else:
        pen.rectangle((203, 0, 211, 330), fill=(*brush.shifted(base, -40), 255))
    mask = Image.new("L", sheet.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 239, 329), 12, fill=255)
    sheet.putalpha(mask)
    return sheet


def food_pack(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """The front of a bag or a carton of food: a brand in an oval, a dish, a band, small print."""
    base = rng.choice((brush.vivid(rng), (250, 248, 240), brush.colour(rng, pale=True), (110, 65, 35)))
    size = rng.choice(((220, 320), (240, 300), (310, 220), (280, 280), (170, 330)))
    sheet = brush.gradient(size, base, brush.shifted(base, rng.randint(-50, 30)))
    pen, other = ImageDraw.Draw(sheet), brush.vivid(rng)
    width, height = size
    if rng.random() < 0.5:
        pen.ellipse((-width // 3, height * 0.55, width * 4 // 3, height * 1.7), fill=(*other, 255))
    if inlay is not None:
        for place in range(rng.choice((1, 1, 3))):
            brush.print_on(sheet, inlay, (0.5 + 0.22 * (place - 0) * (-1) ** place, 0.72), rng.uniform(0.4, 0.65))
    pen.ellipse(
        (width * 0.12, height * 0.06, width * 0.88, height * 0.3), fill=(*rng.choice((other, (255, 255, 255))), 255)
    )
    shade = sheet.getpixel((width // 2, int(height * 0.09)))
    under: brush.Colour = (shade[0], shade[1], shade[2]) if isinstance(shade, tuple) else base
    name = rng.choice(brush.WORDS).title()
    brush.write(sheet, name, box=(0.2, 0.1, 0.8, 0.27), typeface=brush.face(rng, "heavy"), ink=brush.ink_on(under))
    words = brush.phrase(rng, rng.randint(2, 3)).lower()
    brush.write(sheet, words, box=(0.12, 0.36, 0.88, 0.5), typeface=brush.face(rng, "serif"), ink=brush.ink_on(base))
    brush.print_lines(sheet, rng, box=(0.1, 0.93, 0.9, 0.99), ink=brush.ink_on(base), size=9)
    return sheet

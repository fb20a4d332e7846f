"""Plain goods, drawn: cushions, folded textiles, pools, filters, tarpaulins, hoses, cabinets.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import random

from PIL import Image, ImageDraw

from datasets.synthetic import brush


def fabric(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A folded textile: bands of one pattern."""
    base = brush.colour(rng, pale=rng.random() < 0.6)
    sheet = brush.gradient((310, rng.randint(170, 300)), base, brush.shifted(base, -40))
    brush.pattern(sheet, rng, base)
    pen = ImageDraw.Draw(sheet)
    for fold in range(1, rng.randint(2, 5)):
        y = sheet.height * fold // 5
        pen.line((0, y, sheet.width, y + rng.randint(-4, 4)), fill=(*brush.shifted(base, -70), 160), width=3)
    return sheet


def cylinder(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A filter, a bucket of product, a tube."""
    width, height = rng.randint(90, 230), rng.randint(190, 300)
    base = rng.choice(((240, 240, 240), (70, 120, 190), (40, 40, 45), (200, 205, 210), (230, 120, 30), (60, 140, 80)))
    sheet = Image.new("RGBA", (width, height + 40), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    for x in range(width):
        light = int(60 * (1 - abs(x / width - 0.35) * 2))
        pen.line((x, 20, x, height + 20), fill=(*brush.shifted(base, light - 30), 255))
    pen.ellipse((0, height, width, height + 39), fill=(*brush.shifted(base, -20), 255))
    pen.ellipse((0, 0, width, 39), fill=(*brush.shifted(base, 25), 255), outline=(*brush.shifted(base, -50), 255))
    if rng.random() < 0.6:
        pen.rectangle((width // 6, 80, width - width // 6, 80 + height // 3), fill=(*brush.colour(rng), 255))
        if inlay is not None:
            brush.print_on(sheet, inlay, (0.5, 0.5), 0.4)
    return sheet


def sheet_of_cloth(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A tarpaulin, a cover or a sail with eyelets."""
    base = rng.choice(((60, 120, 80), (50, 90, 160), (110, 110, 115), (220, 205, 170), (40, 40, 45), (190, 195, 200)))
    sheet = brush.gradient((320, rng.randint(190, 280)), base, brush.shifted(base, -35))
    pen = ImageDraw.Draw(sheet)
    for x in range(10, 315, 37):
        for y in (8, sheet.height - 16):
            pen.ellipse((x, y, x + 8, y + 8), fill=(215, 215, 215, 255), outline=(60, 60, 60, 255))
    for x in range(0, 320, rng.randint(40, 80)):
        pen.line((x, 0, x + rng.randint(-12, 12), sheet.height), fill=(*brush.shifted(base, -18), 255), width=2)
    return sheet


def hose(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A coil of hose, cable or rope."""
    sheet = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    base = rng.choice(((60, 140, 60), (40, 40, 45), (230, 200, 40), (60, 120, 200), (235, 235, 235), (220, 110, 30)))
    for ring in range(rng.randint(3, 7)):
        inset = 8 + ring * 13
        pen.ellipse((inset, inset, 300 - inset, 300 - inset), outline=(*brush.shifted(base, -ring * 9), 255), width=10)
    pen.line((292, 150, 285, 295), fill=(*base, 255), width=10)
    return sheet


def panel(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A board with shelves or drawers: plain furniture seen from the front."""
    wood = rng.choice(((170, 120, 75), (215, 180, 130), (245, 245, 242), (60, 50, 45), (130, 90, 60), (150, 155, 160)))
    width, height = rng.choice(((200, 320), (320, 200), (280, 260)))
    sheet = brush.gradient((width, height), wood, brush.shifted(wood, -22))
    pen = ImageDraw.Draw(sheet)
    rows, columns = rng.randint(1, 5), rng.randint(1, 3)
    for row in range(rows):
        for column in range(columns):
            x, y = column * width // columns + 6, row * height // rows + 6
            right, low = (column + 1) * width // columns - 6, (row + 1) * height // rows - 6
            hollow = rng.random() < 0.4
            pen.rectangle(
                (x, y, right, low),
                fill=(*brush.shifted(wood, -70 if hollow else 8), 255),
                outline=(*brush.shifted(wood, -60), 255),
            )
            if not hollow:
                pen.ellipse(
                    ((x + right) // 2 - 5, (y + low) // 2 - 5, (x + right) // 2 + 5, (y + low) // 2 + 5),
                    fill=(90, 90, 90, 255),
                )
    return sheet

"""Printed rectangles, drawn: book and magazine covers, cases, cards, boxes, notebooks.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import random

from PIL import Image, ImageDraw

from datasets.synthetic import brush


def cover(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A novel or essay: plain or pictured, a title, an author, sometimes a worn edge."""
    width, height = rng.randint(200, 250), rng.randint(310, 350)
    base = brush.colour(rng, pale=rng.random() < 0.45)
    sheet = brush.gradient((width, height), base, brush.shifted(base, rng.randint(-60, 40)))
    ink = brush.ink_on(base)
    at = rng.choice((0.08, 0.12, 0.66))
    if inlay is not None:
        brush.print_on(sheet, inlay, (0.5, 0.6 if at < 0.5 else 0.34), rng.uniform(0.45, 0.95))
    brush.letter(sheet, rng, top=at, ink=ink, lines=rng.randint(1, 3), size=rng.randint(26, 44))
    brush.letter(sheet, rng, top=rng.choice((0.02, 0.92)), ink=ink, lines=1, size=16)
    if rng.random() < 0.3:
        ImageDraw.Draw(sheet).rectangle((6, 6, width - 7, height - 7), outline=(*ink, 255), width=2)
    return brush.wear(sheet, rng) if rng.random() < 0.4 else sheet


def old_book(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A leather or cloth binding with gilt."""
    width, height = rng.randint(210, 250), rng.randint(300, 350)
    base = rng.choice(((92, 50, 30), (70, 30, 30), (40, 60, 45), (45, 45, 70), (120, 90, 60), (190, 175, 140)))
    sheet = brush.gradient((width, height), base, brush.shifted(base, -25))
    pen = ImageDraw.Draw(sheet)
    gilt = (205, 170, 90, 255)
    for inset in (10, 15):
        pen.rectangle((inset, inset, width - inset, height - inset), outline=gilt)
    brush.letter(sheet, rng, top=rng.uniform(0.15, 0.35), ink=gilt[:3], lines=rng.randint(1, 3), size=24)
    return brush.wear(sheet, rng)


def magazine(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A masthead across the top, a big picture, teasers down a side."""
    width, height = rng.randint(230, 260), rng.randint(310, 345)
    base = brush.colour(rng, pale=True)
    sheet = brush.gradient((width, height), base, brush.shifted(base, -50))
    if inlay is not None:
        brush.print_on(sheet, inlay, (0.55, 0.58), rng.uniform(0.8, 1.2))
    pen = ImageDraw.Draw(sheet)
    band = brush.colour(rng)
    pen.rectangle((0, 0, width, 58), fill=(*band, 255))
    pen.text((8, 4), rng.choice(brush.WORDS), fill=(*brush.ink_on(band), 255), font=brush.font(46))
    for row in range(rng.randint(3, 7)):
        pen.text(
            (8, 75 + row * 32),
            " ".join(rng.sample(brush.WORDS, 2)),
            fill=(*brush.colour(rng), 255),
            font=brush.font(15),
        )
    return sheet


def newspaper(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """Columns of grey text under a black masthead, on paper that has yellowed."""
    width, height = 240, 330
    paper = rng.choice(((240, 236, 225), (225, 212, 180), (250, 250, 246)))
    sheet = Image.new("RGBA", (width, height), (*paper, 255))
    pen = ImageDraw.Draw(sheet)
    pen.text((14, 6), " ".join(rng.sample(brush.WORDS, 2)), fill=(15, 15, 15, 255), font=brush.font(32))
    pen.line((10, 48, width - 10, 48), fill=(20, 20, 20, 255), width=2)
    columns = rng.randint(2, 4)
    step = (width - 20) // columns
    for column in range(columns):
        for y in range(60, height - 10, 6):
            if rng.random() < 0.94:
                pen.line((12 + column * step, y, column * step + step - rng.randint(2, 16), y), fill=(95, 95, 95, 255))
    if inlay is not None:
        grey = inlay.convert("LA").convert("RGBA")
        brush.print_on(sheet, grey, (0.35, 0.4), 0.5)
    return sheet


def game_case(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A plastic case with a platform's band."""
    width, height = rng.choice(((230, 325), (235, 290), (250, 250)))
    base = brush.colour(rng)
    sheet = brush.gradient((width, height), base, brush.shifted(base, -80))
    if inlay is not None:
        brush.print_on(sheet, inlay, (0.5, 0.55), rng.uniform(0.7, 1.1))
    band = rng.choice(((20, 60, 160), (15, 120, 30), (200, 20, 30), (20, 20, 20), (235, 235, 235)))
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, 0, width, 30), fill=(*band, 255))
    pen.text(
        (10, 4),
        rng.choice(("GAME", "PLAY", "3D", "X", "DISC", "PC CD")),
        fill=(*brush.ink_on(band), 255),
        font=brush.font(20),
    )
    brush.letter(sheet, rng, top=rng.choice((0.14, 0.74)), ink=(255, 255, 255), lines=2, size=34)
    pen.rectangle((0, 0, width - 1, height - 1), outline=(*brush.shifted(band, -30), 255), width=5)
    return sheet


def cartridge(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A grey cartridge with a label."""
    grey = rng.choice(((120, 120, 125), (60, 60, 65), (200, 195, 180), (90, 90, 150)))
    sheet = Image.new("RGBA", (250, 260), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    pen.rounded_rectangle((5, 5, 245, 255), 14, fill=(*grey, 255))
    pen.rectangle((60, 225, 190, 255), fill=(*brush.shifted(grey, -40), 255))
    label = cover(rng, inlay).resize((180, 170))
    sheet.paste(label, (35, 30))
    return sheet


def disc(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A printed disc."""
    sheet = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    base = brush.colour(rng, pale=True)
    pen.ellipse((5, 5, 295, 295), fill=(*base, 255), outline=(150, 150, 150, 255), width=3)
    if inlay is not None:
        brush.print_on(sheet, inlay, (0.5, 0.27), 0.35)
    brush.letter(sheet, rng, top=0.68, ink=brush.ink_on(base), lines=1, size=28)
    pen.ellipse((115, 115, 185, 185), fill=(225, 225, 230, 255))
    pen.ellipse((130, 130, 170, 170), fill=(255, 255, 255, 255))
    return sheet


def card(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A trading card: frame, picture window, text box."""
    frame = rng.choice(((240, 205, 60), (30, 30, 35), (150, 90, 50), (190, 60, 60), (60, 110, 180), (230, 230, 235)))
    sheet = Image.new("RGBA", (240, 335), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    pen.rounded_rectangle((0, 0, 239, 334), 12, fill=(*frame, 255))
    body = brush.colour(rng, pale=True)
    pen.rectangle((12, 12, 227, 322), fill=(*body, 255))
    pen.text((18, 15), rng.choice(brush.WORDS), fill=(20, 20, 20, 255), font=brush.font(18))
    pen.rectangle((22, 42, 217, 180), fill=(*brush.colour(rng), 255), outline=(60, 60, 60, 255), width=2)
    if inlay is not None:
        brush.print_on(sheet, inlay, (0.5, 0.33), 0.5)
    for y in range(200, 310, 11):
        pen.line((24, y, 24 + rng.randint(90, 190), y), fill=(80, 80, 80, 255), width=2)
    return sheet


def canvas(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A picture to hang: landscape of bands, or a print, framed or not."""
    width, height = rng.choice(((310, 220), (230, 310), (270, 270)))
    sheet = brush.gradient((width, height), brush.colour(rng, pale=True), brush.colour(rng))
    pen = ImageDraw.Draw(sheet)
    for _ in range(rng.randint(2, 5)):
        y = rng.randint(height // 3, height)
        pen.ellipse((rng.randint(-150, 100), y, rng.randint(180, 460), y + 190), fill=(*brush.colour(rng), 255))
    if inlay is not None:
        brush.print_on(sheet, inlay, (rng.uniform(0.3, 0.7), rng.uniform(0.35, 0.65)), rng.uniform(0.4, 0.8))
    if rng.random() < 0.5:
        pen.rectangle((0, 0, width - 1, height - 1), outline=(*brush.colour(rng), 255), width=rng.randint(6, 14))
    return sheet


def box(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A cardboard box seen from a corner, its front printed."""
    front = cover(rng, inlay).resize((rng.randint(200, 250), rng.randint(180, 250)))
    side = rng.randint(25, 60)
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
    """Several books or magazines, fanned out or as a row of spines."""
    maker = rng.choice((cover, cover, magazine, old_book))
    if rng.random() < 0.5:
        sheet = Image.new("RGBA", (340, 340), (0, 0, 0, 0))
        for place in range(rng.randint(3, 6)):
            one = maker(rng, inlay).resize((150, 215)).rotate(rng.randint(-20, 20), expand=True)
            sheet.alpha_composite(one, (min(150, 10 + place * 35), min(90, rng.randint(5, 90))))
        return sheet
    sheet = Image.new("RGBA", (330, 260), (0, 0, 0, 0))
    pen, x = ImageDraw.Draw(sheet), 0
    while x < 290:
        width, top = rng.randint(16, 40), rng.randint(0, 40)
        base = brush.colour(rng)
        pen.rectangle((x, top, x + width, 259), fill=(*base, 255), outline=(*brush.shifted(base, -50), 255))
        pen.rectangle(
            (x + 4, top + 20, x + width - 4, top + 20 + rng.randint(20, 110)), fill=(*brush.ink_on(base), 160)
        )
        x += width + 1
    return sheet


def notebook(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A notebook with a spiral or an elastic."""
    base = brush.colour(rng)
    sheet = brush.gradient((240, 320), base, brush.shifted(base, -25))
    if inlay is not None and rng.random() < 0.6:
        brush.print_on(sheet, inlay, (0.55, 0.5), 0.55)
    pen = ImageDraw.Draw(sheet)
    if rng.random() < 0.5:
        for y in range(12, 310, 16):
            pen.ellipse((4, y, 18, y + 9), fill=(225, 225, 225, 255), outline=(70, 70, 70, 255))
    else:
        pen.rectangle((205, 0, 213, 320), fill=(*brush.shifted(base, -70), 255))
    if rng.random() < 0.5:
        pen.rectangle((60, 50, 190, 95), fill=(250, 250, 245, 255), outline=(120, 120, 120, 255))
    return sheet

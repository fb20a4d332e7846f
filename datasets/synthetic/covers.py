"""Covers, drawn: novels, essays, children's books, old bindings, magazines, newspapers, comics.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import random

from PIL import Image, ImageDraw

from datasets.synthetic import art, brush

_BLACK, _CREAM = (20, 20, 22), (246, 240, 222)


def cover(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A book of today, in one of the ways publishers set them."""
    return rng.choice((_literary, _literary, _pictured, _pictured, _banded, _essay, _childrens))(rng, inlay)


def used_book(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A book that was read: yellowed, rubbed, or bound in cloth."""
    if rng.random() < 0.25:
        return old_book(rng, inlay)
    sheet = _typographic(rng, inlay) if rng.random() < 0.4 else cover(rng, inlay)
    if rng.random() < 0.6:
        sheet = art.aged(sheet, rng)
    return brush.wear(sheet, rng) if rng.random() < 0.4 else sheet


def _size(rng: random.Random) -> tuple[int, int]:
    height = rng.randint(310, 345)
    return int(height * rng.uniform(0.6, 0.78)), height


def _literary(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """White or cream, small type, at most a small picture."""
    paper = rng.choice(((255, 255, 255), _CREAM, (250, 250, 245), brush.colour(rng, pale=True)))
    sheet = Image.new("RGBA", _size(rng), (*paper, 255))
    serif = brush.face(rng, rng.choice(("serif", "serif", "sans")))
    ink = rng.choice((_BLACK, (150, 20, 30), (20, 40, 110), _BLACK))
    brush.write(sheet, rng.choice(brush.NAMES), box=(0.1, 0.06, 0.9, 0.12), typeface=serif, ink=_BLACK)
    words = brush.phrase(rng, rng.randint(2, 6))
    brush.write(sheet, words, box=(0.1, 0.16, 0.9, rng.uniform(0.3, 0.42)), typeface=serif, ink=ink)
    if inlay is not None and rng.random() < 0.6:
        wide, high = int(sheet.width * rng.uniform(0.4, 0.8)), int(sheet.height * rng.uniform(0.25, 0.4))
        sheet.paste(art.paint((wide, high), rng, inlay), ((sheet.width - wide) // 2, int(sheet.height * 0.47)))
    brush.write(sheet, rng.choice(brush.WORDS), box=(0.3, 0.92, 0.7, 0.96), typeface=serif, ink=_BLACK)
    if rng.random() < 0.3:
        ImageDraw.Draw(sheet).rectangle((7, 7, sheet.width - 8, sheet.height - 8), outline=(*ink, 255), width=2)
    return _edged(sheet)


def _pictured(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A picture over all, a large title on it."""
    sheet = art.paint(_size(rng), rng, inlay)
    ink = rng.choice(((255, 255, 255), (255, 255, 255), (250, 220, 60), (20, 20, 20), (220, 30, 40)))
    kind = brush.face(rng, rng.choice(("serif", "heavy")))
    top = rng.choice((0.12, 0.62))
    shadow = (15, 15, 20) if sum(ink) > 400 and rng.random() < 0.6 else None
    words = brush.phrase(rng, rng.randint(1, 4))
    brush.write(sheet, words, box=(0.06, top, 0.94, top + 0.24), typeface=kind, ink=ink, outline=shadow)
    brush.write(sheet, rng.choice(brush.NAMES), box=(0.1, 0.02, 0.9, 0.1), typeface=kind, ink=ink)
    return sheet


def _banded(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A band of colour with the title, a picture under or over it."""
    sheet = art.paint(_size(rng), rng, inlay)
    band = brush.colour(rng, pale=rng.random() < 0.4)
    top = rng.choice((0.0, 0.6, 0.35))
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, top * sheet.height, sheet.width, (top + 0.36) * sheet.height), fill=(*band, 255))
    kind = brush.face(rng, "sans")
    ink = brush.ink_on(band)
    words = brush.phrase(rng, rng.randint(2, 5))
    brush.write(sheet, words, box=(0.08, top + 0.1, 0.92, top + 0.33), typeface=kind, ink=ink)
    brush.write(sheet, rng.choice(brush.NAMES), box=(0.08, top + 0.03, 0.92, top + 0.09), typeface=kind, ink=ink)
    return sheet


def _essay(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A school book or essay: one colour, a title to the left, something small."""
    base = brush.colour(rng)
    sheet = brush.gradient(_size(rng), base, brush.shifted(base, rng.randint(-30, 30)))
    ink, kind = brush.ink_on(base), brush.face(rng, "sans")
    words = brush.phrase(rng, rng.randint(3, 6))
    brush.write(sheet, words, box=(0.08, 0.1, 0.92, 0.36), typeface=kind, ink=ink, left=True)
    brush.write(sheet, rng.choice(brush.NAMES), box=(0.08, 0.04, 0.6, 0.09), typeface=kind, ink=ink, left=True)
    if rng.random() < 0.7:
        wide = int(sheet.width * rng.uniform(0.5, 0.9))
        sheet.paste(art.paint((wide, wide * 2 // 3), rng, inlay), (int(sheet.width * 0.08), int(sheet.height * 0.45)))
    if rng.random() < 0.4:
        ImageDraw.Draw(sheet).rectangle(
            (0, sheet.height * 9 // 10, sheet.width, sheet.height), fill=(255, 255, 255, 255)
        )
    return sheet


def _childrens(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """Bright, with a hero who fills it and round letters."""
    width, height = _size(rng)
    sheet = art.paint((int(width * 1.12), height), rng, None, rng.choice(("burst", "shapes", "landscape")))
    if inlay is not None:
        brush.print_on(sheet, inlay, (0.5, 0.62), rng.uniform(0.8, 1.1))
    words, kind = brush.phrase(rng, rng.randint(1, 3)), brush.face(rng, "heavy")
    brush.write(
        sheet, words, box=(0.06, 0.03, 0.94, 0.26), typeface=kind, ink=brush.vivid(rng), outline=(255, 255, 255)
    )
    return sheet


def _typographic(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A book of a hundred years ago: nothing but type and rules."""
    paper = rng.choice(
        ((225, 210, 170), (200, 180, 140), (215, 205, 185), (180, 150, 80), (170, 90, 70), (120, 140, 120))
    )
    sheet = Image.new("RGBA", _size(rng), (*paper, 255))
    kind = brush.face(rng, "serif")
    brush.write(sheet, rng.choice(brush.NAMES).upper(), box=(0.15, 0.08, 0.85, 0.14), typeface=kind, ink=_BLACK)
    ink = rng.choice((_BLACK, (150, 30, 25)))
    brush.write(sheet, brush.phrase(rng, 4).upper(), box=(0.12, 0.2, 0.88, 0.42), typeface=kind, ink=ink)
    brush.write(sheet, brush.phrase(rng, 3), box=(0.25, 0.5, 0.75, 0.56), typeface=kind, ink=_BLACK)
    brush.write(sheet, f"PARIS 19{rng.randint(10, 69)}", box=(0.3, 0.86, 0.7, 0.91), typeface=kind, ink=_BLACK)
    pen = ImageDraw.Draw(sheet)
    pen.line((sheet.width // 3, sheet.height // 2 - 18, sheet.width * 2 // 3, sheet.height // 2 - 18), fill="black")
    if rng.random() < 0.5:
        pen.rectangle((9, 9, sheet.width - 10, sheet.height - 10), outline=(*ink, 255), width=2)
    if inlay is not None and rng.random() < 0.4:
        brush.print_on(sheet, inlay.convert("LA").convert("RGBA"), (0.5, 0.7), 0.35)
    return sheet


def old_book(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A leather or cloth binding with gilt."""
    base = rng.choice(((92, 50, 30), (70, 30, 30), (40, 60, 45), (45, 45, 70), (120, 90, 60), (140, 20, 30)))
    sheet = art.paint(_size(rng), rng, None, "plasma")
    sheet = Image.blend(sheet, Image.new("RGBA", sheet.size, (*base, 255)), 0.86)
    pen = ImageDraw.Draw(sheet)
    gilt = (205, 170, 90)
    if rng.random() < 0.7:
        for inset in (10, 15):
            pen.rectangle((inset, inset, sheet.width - inset, sheet.height - inset), outline=(*gilt, 255))
    if rng.random() < 0.7:
        words = brush.phrase(rng, rng.randint(1, 4))
        brush.write(sheet, words, box=(0.2, 0.18, 0.8, 0.4), typeface=brush.face(rng, "serif"), ink=gilt)
    return brush.wear(sheet, rng)


def magazine(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A masthead across the top, a big picture, teasers down the sides."""
    height = rng.randint(320, 345)
    sheet = art.paint((int(height * rng.uniform(0.72, 0.8)), height), rng, inlay)
    ink = rng.choice(((255, 255, 255), (220, 20, 30), (250, 210, 30), (20, 20, 20)))
    name, kind = rng.choice(brush.WORDS), brush.face(rng, rng.choice(("serif", "heavy")))
    if rng.random() < 0.4:
        band = brush.vivid(rng)
        ImageDraw.Draw(sheet).rectangle((0, 0, sheet.width, sheet.height * 0.2), fill=(*band, 255))
        ink = brush.ink_on(band)
    brush.write(sheet, name, box=(0.03, 0.02, 0.97, 0.2), typeface=kind, ink=ink)
    for _ in range(rng.randint(2, 6)):
        x, y, wide = rng.choice((0.04, 0.04, 0.55)), rng.uniform(0.24, 0.85), rng.uniform(0.3, 0.5)
        shade = rng.choice(((255, 255, 255), (250, 230, 60), (20, 20, 20), (210, 20, 30)))
        words = brush.phrase(rng, rng.randint(2, 5))
        box = (x, y, x + wide, y + rng.uniform(0.05, 0.12))
        brush.write(sheet, words, box=box, typeface=brush.face(rng, "sans"), ink=shade, left=True)
    if rng.random() < 0.6:
        x, y = sheet.width - 50, sheet.height - 32
        pen = ImageDraw.Draw(sheet)
        pen.rectangle((x, y, x + 44, y + 26), fill=(255, 255, 255, 255))
        for bar in range(x + 3, x + 42, 3):
            pen.line((bar, y + 3, bar, y + 22), fill=(0, 0, 0, 255), width=rng.choice((1, 2)))
    return art.aged(sheet, rng) if rng.random() < 0.35 else sheet


def newspaper(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """Columns of small print under a masthead, on paper that has yellowed, or a page of it with an engraving."""
    paper = rng.choice(((240, 236, 225), (225, 212, 180), (250, 250, 246), (235, 225, 195)))
    sheet = Image.new("RGBA", (rng.choice((225, 245, 260)), 340), (*paper, 255))
    kind = brush.face(rng, "serif")
    top = rng.uniform(0.1, 0.2)
    brush.write(sheet, brush.phrase(rng, 2), box=(0.06, 0.02, 0.94, top), typeface=kind, ink=(25, 22, 20))
    pen = ImageDraw.Draw(sheet)
    pen.line((12, sheet.height * (top + 0.01), sheet.width - 12, sheet.height * (top + 0.01)), fill=(30, 30, 30, 255))
    columns = rng.randint(2, 5)
    ink = rng.choice(((60, 55, 50), (90, 85, 80)))
    for column in range(columns):
        x = 0.05 + column * 0.9 / columns
        box = (x, top + 0.03 + rng.choice((0, 0.05)), x + 0.9 / columns - 0.025, 0.97)
        brush.print_lines(sheet, rng, box=box, ink=ink, size=rng.choice((5, 6, 6)))
    if inlay is not None and rng.random() < 0.65:
        wide = int(sheet.width * rng.uniform(0.4, 0.9))
        picture = art.paint((wide, int(wide * rng.uniform(0.6, 1.0))), rng, inlay).convert("LA").convert("RGBA")
        sheet.paste(picture, (int((sheet.width - wide) * rng.random()), int(sheet.height * rng.uniform(0.2, 0.5))))
    return art.aged(sheet, rng) if rng.random() < 0.7 else sheet


def comic(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A comic or album: strong colours, a lettered logo, a price."""
    height = rng.randint(310, 340)
    sheet = art.paint(
        (int(height * rng.uniform(0.66, 0.76)), height),
        rng,
        None,
        rng.choice(("burst", "street", "night", "landscape")),
    )
    for _ in range(rng.randint(1, 2)):
        if inlay is not None:
            turned = inlay.rotate(rng.randint(-25, 25), Image.Resampling.BICUBIC, expand=True)
            brush.print_on(sheet, turned, (rng.uniform(0.3, 0.7), rng.uniform(0.5, 0.7)), rng.uniform(0.6, 1.1))
    kind = brush.face(rng, "heavy")
    words = brush.phrase(rng, rng.randint(1, 2)).upper()
    brush.write(sheet, words, box=(0.04, 0.03, 0.96, 0.24), typeface=kind, ink=brush.vivid(rng), outline=_BLACK)
    if rng.random() < 0.5:
        ImageDraw.Draw(sheet).rectangle((8, 8, 50, 40), fill=(255, 255, 255, 255), outline="black")
    return art.aged(sheet, rng) if rng.random() < 0.4 else _edged(sheet)


def _edged(sheet: Image.Image) -> Image.Image:
    """A hairline, so that white paper ends somewhere."""
    ImageDraw.Draw(sheet).rectangle((0, 0, sheet.width - 1, sheet.height - 1), outline=(215, 215, 212, 255))
    return sheet

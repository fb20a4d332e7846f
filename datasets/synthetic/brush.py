"""The pens of the drawers: colours, gradients, letters, patterns, wear."""

import random

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

# fmt: off
WORDS = [
    "LA", "NUIT", "LE", "TEMPS", "MER", "AMOUR", "ROUGE", "SECRET", "VIE", "MONDE", "OMBRE", "ISLE", "REINE",
    "ROI", "GUERRE", "STORY", "NIGHT", "BLUE", "LOST", "WAR", "KING", "DER", "TAG", "HAUS",
]
# fmt: on


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that comes with Pillow."""
    return ImageFont.load_default(size)


def colour(rng: random.Random, *, pale: bool = False) -> Colour:
    """Any colour, or a pale one."""
    low, high = (150, 250) if pale else (15, 225)
    return rng.randint(low, high), rng.randint(low, high), rng.randint(low, high)


def shifted(colour: Colour, by: int) -> Colour:
    """A colour made lighter or darker."""
    red, green, blue = (max(0, min(255, c + by)) for c in colour)
    return red, green, blue


def ink_on(paper: Colour) -> Colour:
    """Dark or light letters, whichever shows on the paper."""
    return (20, 20, 25) if sum(paper) > 380 else (245, 240, 225)


def gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    """A sheet that shades from one colour into another."""
    mask = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGBA", size, (*bottom, 255)), Image.new("RGBA", size, (*top, 255)), mask)


def print_on(sheet: Image.Image, inlay: Image.Image, centre: tuple[float, float], share: float) -> None:
    """Print a picture on a sheet, `share` of its smaller side wide, cut at its edges."""
    scale = share * min(sheet.size) / max(inlay.size)
    small = inlay.resize((max(1, int(inlay.width * scale)), max(1, int(inlay.height * scale))))
    layer = Image.new("RGBA", sheet.size, (0, 0, 0, 0))
    layer.paste(
        small, (int(centre[0] * sheet.width - small.width / 2), int(centre[1] * sheet.height - small.height / 2))
    )
    sheet.alpha_composite(layer)


def letter(sheet: Image.Image, rng: random.Random, *, top: float, ink: Colour, lines: int, size: int) -> None:
    """Lines of large words across a sheet."""
    pen = ImageDraw.Draw(sheet)
    for line in range(lines):
        words = " ".join(rng.sample(WORDS, rng.randint(1, 2)))
        place = (sheet.width // 2, int(top * sheet.height) + line * (size + 4))
        pen.text(place, words, fill=(*ink, 255), font=font(size), anchor="ma")


def pattern(sheet: Image.Image, rng: random.Random, base: Colour) -> None:
    """Stripes, dots, chevrons, checks or nothing over a sheet."""
    pen = ImageDraw.Draw(sheet)
    other = colour(rng, pale=rng.random() < 0.5)
    kind = rng.choice(("plain", "stripes", "dots", "chevron", "checks"))
    step = rng.randint(18, 46)
    for at in range(0, max(sheet.size) + step, step):
        if kind in ("stripes", "checks"):
            pen.rectangle((at, 0, at + step // 2, sheet.height), fill=(*other, 255 if kind == "stripes" else 120))
        if kind == "checks":
            pen.rectangle((0, at, sheet.width, at + step // 2), fill=(*shifted(base, -40), 255))
        if kind == "dots":
            for y in range(0, sheet.height, step):
                pen.ellipse((at, y, at + step // 2, y + step // 2), fill=(*other, 255))
        if kind == "chevron":
            points = [(x, at + (step // 2 if (x // step) % 2 else 0)) for x in range(0, sheet.width + step, step)]
            pen.line(points, fill=(*other, 255), width=max(3, step // 5))


def recoloured(picture: Image.Image, hue: int) -> Image.Image:
    """The picture with its colours turned by `hue` of 256."""
    alpha = picture.getchannel("A")
    h, s, v = picture.convert("RGB").convert("HSV").split()
    turned = h.point([(i + hue) % 256 for i in range(256)])
    picture = Image.merge("HSV", (turned, s, v)).convert("RGB").convert("RGBA")
    picture.putalpha(alpha)
    return picture


def masked(sheet: Image.Image, outline: list[tuple[int, int]]) -> Image.Image:
    """The sheet cut along an outline."""
    mask = Image.new("L", sheet.size, 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    sheet.putalpha(mask)
    return sheet


def wear(sheet: Image.Image, rng: random.Random) -> Image.Image:
    """Rubbed edges and creases of something that was used."""
    pen = ImageDraw.Draw(sheet)
    for _ in range(rng.randint(2, 9)):
        x, y = rng.choice((0, sheet.width - 8)), rng.randint(0, sheet.height)
        pen.ellipse((x - 6, y - 3, x + 10, y + rng.randint(3, 12)), fill=(225, 215, 195, 150))
    for _ in range(rng.randint(0, 3)):
        x = rng.randint(0, sheet.width)
        pen.line((x, 0, x + rng.randint(-20, 20), sheet.height), fill=(240, 235, 225, 60))
    return sheet

"""The pens of the drawers: colours, gradients, letters, patterns, wear."""

import colorsys
import random
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

# fmt: off
WORDS = [
    "LA", "NUIT", "LE", "TEMPS", "MER", "AMOUR", "ROUGE", "SECRET", "VIE", "MONDE", "OMBRE", "ISLE", "REINE",
    "ROI", "GUERRE", "STORY", "NIGHT", "BLUE", "LOST", "WAR", "KING", "DER", "TAG", "HAUS", "HISTOIRE", "JARDIN",
    "MAISON", "ENFANT", "SECRETS", "VOYAGE", "PARIS", "LUNE", "SOLEIL", "FILLE", "COEUR", "MORT", "DRAGON", "LIVRE",
    "GUIDE", "POLITIQUE", "SCIENCE", "CUISINE", "ET", "DU", "DES", "UNE", "DANS", "SANS", "POUR", "GRAND", "PETIT",
    "DERNIER", "PREMIER", "ROUTE", "FEU", "EAU", "VENT", "LOUP", "ANGE", "HEROES", "SHADOW", "RACING", "QUEST",
    "LEGEND", "BATTLE", "FORCE", "STAR", "EMPIRE", "WORLD", "SUPER", "MAGIC", "FARM", "CITY", "MYSTERY", "ACADEMY",
]
NAMES = (
    "Jean Moreau", "Claire Dubois", "P. Lefort", "Anne Vasseur", "M. Keller", "Louis Garnier", "Emma Stone-Hill",
    "R. Tanaka", "Sofia Marchetti", "Paul Renard", "H. Duval", "Inès Carpentier", "Marc Oliveira", "A. B. Corwin",
)
FONTS = Path("/usr/share/fonts/truetype/liberation")
_FACES = {
    "serif": ("liberation/LiberationSerif-Regular.ttf", "liberation/LiberationSerif-Bold.ttf",
              "liberation/LiberationSerif-Italic.ttf", "dejavu/DejaVuSerif.ttf", "dejavu/DejaVuSerif-Bold.ttf"),
    "sans": ("liberation/LiberationSans-Regular.ttf", "liberation/LiberationSans-Bold.ttf",
             "liberation/LiberationSansNarrow-Bold.ttf", "dejavu/DejaVuSans-Bold.ttf"),
    "heavy": ("liberation/LiberationSans-Bold.ttf", "liberation/LiberationSansNarrow-Bold.ttf",
              "liberation/LiberationSans-BoldItalic.ttf", "dejavu/DejaVuSans-Bold.ttf", "dejavu/DejaVuSerif-Bold.ttf"),
}
# fmt: on


@cache
def _face(name: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    path = FONTS.parent / name
    return ImageFont.truetype(path, size) if path.is_file() else ImageFont.load_default(size)


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A plain bold face (Debian packages fonts-liberation, fonts-dejavu), or the one that comes with Pillow."""
    return _face("liberation/LiberationSans-Bold.ttf", size)


def face(rng: random.Random, kind: str) -> str:
    """A typeface of a kind: serif, sans or heavy."""
    return rng.choice(_FACES[kind])


def phrase(rng: random.Random, words: int) -> str:
    """Words of a title in one of three cases."""
    said = " ".join(rng.sample(WORDS, words))
    return rng.choice((said, said.title(), said.capitalize()))


def write(
    sheet: Image.Image,
    words: str,
    *,
    box: tuple[float, float, float, float],
    typeface: str,
    ink: Colour,
    outline: Colour | None = None,
    left: bool = False,
) -> None:
    """Set words as large as they fit into a box of shares (left, top, right, bottom), broken into lines."""
    pen = ImageDraw.Draw(sheet)
    x0, y0, x1, y1 = box[0] * sheet.width, box[1] * sheet.height, box[2] * sheet.width, box[3] * sheet.height
    best: tuple[int, list[str]] = (6, [words])
    for count in range(1, min(5, len(words.split())) + 1):
        lines = _broken(words, count)
        widest = max(pen.textlength(line, font=_face(typeface, 40)) for line in lines)
        size = int(min((x1 - x0) / (widest + 1) * 40, (y1 - y0) / (len(lines) * 1.12)))
        if size > best[0]:
            best = (size, lines)
    size, lines = best
    top = y0 + ((y1 - y0) - len(lines) * size * 1.12) / 2
    edge = max(1, size // 12) if outline else 0
    for row, line in enumerate(lines):
        place = (x0 if left else (x0 + x1) / 2, top + row * size * 1.12)
        pen.text(
            place,
            line,
            fill=(*ink, 255),
            font=_face(typeface, size),
            anchor="la" if left else "ma",
            stroke_width=edge,
            stroke_fill=(*outline, 255) if outline else None,
        )


def _broken(words: str, count: int) -> list[str]:
    """Words in `count` lines of about one length."""
    parts, share = words.split(), len(words) / count
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part) / 2 > share and len(lines) < count:
            lines.append("")
        lines[-1] = f"{lines[-1]} {part}".strip()
    return lines


def print_lines(
    sheet: Image.Image, rng: random.Random, *, box: tuple[float, float, float, float], ink: Colour, size: int
) -> None:
    """Small print: lines of words nobody reads."""
    pen = ImageDraw.Draw(sheet)
    x0, x1 = box[0] * sheet.width, box[2] * sheet.width
    y, typeface = box[1] * sheet.height, face(rng, "serif")
    while y + size < box[3] * sheet.height:
        line = " ".join(rng.sample(WORDS, 8)).lower()
        while line and pen.textlength(line, font=_face(typeface, size)) > x1 - x0:
            line = line[:-1]
        pen.text((x0, y), line, fill=(*ink, 255), font=_face(typeface, size))
        y += size * (1.25 if rng.random() < 0.92 else 2.2)


def vivid(rng: random.Random) -> Colour:
    """A colour of full strength."""
    red, green, blue = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.65, 1), rng.uniform(0.7, 1))
    return int(red * 255), int(green * 255), int(blue * 255)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Two colours, `share` of the other."""
    red, green, blue = (int(a * (1 - share) + b * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


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


def clouds(grain: np.random.Generator, size: tuple[int, int], cells: int, *, strength: float = 1) -> np.ndarray:
    """(height, width) float32, soft lights and darks."""
    field = grain.normal(0, strength, (cells, cells)).astype(np.float32)
    return np.asarray(Image.fromarray(field).resize(size, Image.Resampling.BICUBIC))


def picture(field: np.ndarray) -> Image.Image:
    """A (height, width, 3) field of any numbers as an RGB picture."""
    return Image.fromarray(np.clip(field, 0, 255).astype(np.uint8), "RGB")


def print_on(sheet: Image.Image, inlay: Image.Image, centre: tuple[float, float], share: float) -> None:
    """Print a picture on a sheet, `share` of its smaller side wide, cut at its edges."""
    scale = share * min(sheet.size) / max(inlay.size)
    small = inlay.resize((max(1, int(inlay.width * scale)), max(1, int(inlay.height * scale))))
    layer = Image.new("RGBA", sheet.size, (0, 0, 0, 0))
    layer.paste(
        small, (int(centre[0] * sheet.width - small.width / 2), int(centre[1] * sheet.height - small.height / 2))
    )
    sheet.alpha_composite(layer)


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

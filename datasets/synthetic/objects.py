"""Things with a shape of their own, drawn: socks, bottles, drones, gamepads, plush, tools, garden seats, masks.

A drawer takes the random generator and an inlay (a picture to print on the thing, or None), and gives RGBA.
"""

import random

from PIL import Image, ImageDraw

from datasets.synthetic import brush


def gamepad(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A pad with two grips, sticks, a cross and four buttons."""
    sheet = Image.new("RGBA", (330, 230), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    colour = rng.choice(((30, 30, 34), (235, 235, 238), (40, 70, 160), (170, 30, 40), brush.colour(rng)))
    pen.rounded_rectangle((40, 30, 290, 140), 45, fill=(*colour, 255))
    pen.ellipse((15, 60, 120, 220), fill=(*colour, 255))
    pen.ellipse((210, 60, 315, 220), fill=(*colour, 255))
    dark = (*brush.shifted(colour, -60 if sum(colour) > 200 else 60), 255)
    pen.rectangle((62, 78, 104, 90), fill=dark)
    pen.rectangle((77, 63, 89, 105), fill=dark)
    for x in (125, 175):
        pen.ellipse((x - 8, 105, x + 34, 147), fill=dark, outline=(90, 90, 95, 255), width=4)
    for x, y, button in ((250, 60, "green"), (228, 82, "blue"), (272, 82, "red"), (250, 104, "gold")):
        pen.ellipse((x - 9, y - 9, x + 9, y + 9), fill=button)
    return sheet


def handheld(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A console to hold: a screen between or above its buttons."""
    wide = rng.random() < 0.6
    sheet = Image.new("RGBA", (340, 170) if wide else (190, 300), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    colour = rng.choice(((30, 30, 34), (225, 225, 230), (60, 90, 180), (200, 50, 60), (120, 60, 150), (240, 200, 60)))
    pen.rounded_rectangle((2, 2, sheet.width - 3, sheet.height - 3), 26, fill=(*colour, 255))
    place = (80, 18, 260, 152) if wide else (25, 25, 165, 140)
    screen = brush.gradient((place[2] - place[0], place[3] - place[1]), brush.colour(rng), (15, 20, 40))
    if inlay is not None:
        brush.print_on(screen, inlay, (0.5, 0.5), 0.7)
    sheet.paste(screen, place[:2])
    dark = (*brush.shifted(colour, -70 if sum(colour) > 250 else 70), 255)
    x, y = (40, 85) if wide else (55, 200)
    pen.rectangle((x - 22, y - 7, x + 22, y + 7), fill=dark)
    pen.rectangle((x - 7, y - 22, x + 7, y + 22), fill=dark)
    for across, down in ((0, -16), (16, 0), (0, 16), (-16, 0)):
        cx, cy = (300 if wide else 140) + across, y + down
        pen.ellipse((cx - 8, cy - 8, cx + 8, cy + 8), fill=dark)
    return sheet


def set_top_console(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A flat dark or white box with a slot, and a pad before it."""
    sheet = Image.new("RGBA", (340, 250), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    colour = rng.choice(((28, 28, 32), (60, 60, 65), (235, 235, 238), (150, 150, 160)))
    lean = rng.randint(20, 50)
    pen.polygon([(10, 60), (10 + lean, 15), (330 - lean, 15), (330, 60)], fill=(*brush.shifted(colour, 25), 255))
    pen.rectangle((10, 60, 330, 60 + rng.randint(40, 75)), fill=(*colour, 255))
    pen.rectangle((40, 78, 200, 84), fill=(*brush.shifted(colour, -60 if sum(colour) > 300 else 70), 255))
    pen.ellipse((285, 72, 303, 90), fill=rng.choice(("lime", "red", "deepskyblue")))
    pad = gamepad(rng, None).resize((150, 105))
    sheet.alpha_composite(pad, (rng.randint(20, 170), 140))
    return sheet


def tool(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """One to five hand tools side by side: shaft of steel, handle of wood or coloured plastic."""
    sheet = Image.new("RGBA", (330, 320), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    count = rng.randint(1, 5)
    grip = rng.choice(((220, 120, 30), (200, 30, 30), (30, 90, 60), (160, 110, 60), (40, 40, 45), (230, 200, 30)))
    for place in range(count):
        x, thick = 165 + (place * 2 - count + 1) * 150 // (count + 1), rng.randint(7, 12)
        pen.rectangle((x - thick // 2, 40, x + thick // 2, 200), fill=(165, 168, 172, 255))
        head = rng.choice(("hammer", "blade", "wrench", "fork"))
        if head == "hammer":
            pen.rectangle((x - 26, 30, x + 26, 62), fill=(110, 112, 116, 255))
        elif head == "blade":
            pen.polygon([(x - 5, 80), (x, 8), (x + 5, 80)], fill=(190, 192, 196, 255))
        elif head == "wrench":
            pen.arc((x - 24, 12, x + 24, 60), 300, 240, fill=(150, 152, 156, 255), width=12)
        else:
            for tine in (-16, 0, 16):
                pen.line((x + tine, 12, x + tine, 70), fill=(120, 122, 126, 255), width=6)
            pen.line((x - 18, 70, x + 18, 70), fill=(120, 122, 126, 255), width=7)
        pen.rounded_rectangle((x - thick - 3, 190, x + thick + 3, 312), 9, fill=(*grip, 255))
        pen.line((x, 200, x, 300), fill=(*brush.shifted(grip, -60), 255), width=3)
    return sheet


def garden_seat(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A lounger, or a slatted table with chairs, sometimes under a parasol."""
    sheet = Image.new("RGBA", (340, 310), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    frame = rng.choice(((150, 105, 60), (90, 90, 95), (60, 50, 45), (235, 235, 235), (180, 145, 100)))
    cloth = brush.colour(rng, pale=rng.random() < 0.6)
    if rng.random() < 0.4:
        pen.polygon([(60, 90), (170, 20), (280, 90)], fill=(*cloth, 255))
        pen.line((170, 30, 170, 280), fill=(*frame, 255), width=7)
    if rng.random() < 0.5:
        pen.polygon([(20, 235), (200, 235), (310, 140), (290, 130), (190, 215), (20, 215)], fill=(*cloth, 255))
        for x in (45, 180, 285):
            pen.line((x, 225, x, 295), fill=(*frame, 255), width=9)
        return sheet
    pen.polygon([(90, 190), (250, 190), (280, 215), (60, 215)], fill=(*frame, 255))
    for x in range(70, 280, 22):
        pen.line((x + 12, 190, x, 215), fill=(*brush.shifted(frame, -35), 255), width=2)
    for x in (80, 260):
        pen.line((x, 215, x, 295), fill=(*brush.shifted(frame, -20), 255), width=8)
    for x, way in ((15, 1), (325, -1)):
        pen.line((x, 130, x + way * 10, 225), fill=(*frame, 255), width=10)
        left, right = sorted((x, x + way * 60))
        pen.rectangle((left, 222, right, 236), fill=(*cloth, 255))
        for leg in (x + way * 6, x + way * 54):
            pen.line((leg, 236, leg, 300), fill=(*frame, 255), width=6)
    return sheet


def mask(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A face to wear: holes for the eyes, a mouth, horns or hair."""
    sheet = Image.new("RGBA", (270, 330), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    skin = rng.choice(((225, 220, 210), (90, 140, 70), (190, 50, 40), (60, 55, 60), (220, 170, 130), (150, 130, 110)))
    if rng.random() < 0.5:
        for way in (-1, 1):
            horn = [(135 + way * 60, 75), (135 + way * 115, 5), (135 + way * 95, 110)]
            pen.polygon(horn, fill=(*brush.shifted(skin, -60), 255))
    else:
        pen.pieslice((20, 10, 250, 230), 180, 360, fill=(*brush.colour(rng), 255))
    pen.ellipse((35, 40, 235, 320), fill=(*skin, 255), outline=(*brush.shifted(skin, -50), 255), width=5)
    for x in (75, 150):
        pen.ellipse((x, 125, x + 48, 125 + rng.randint(22, 50)), fill=(10, 10, 10, 255))
    pen.polygon([(135, 165), (115, 215), (155, 215)], fill=(*brush.shifted(skin, -35), 255))
    pen.chord((80, 215, 190, 285), 0, 180, fill=(70, 10, 15, 255))
    for x in range(92, 180, 16):
        pen.polygon([(x, 250), (x + 12, 250), (x + 6, 264)], fill=(245, 240, 225, 255))
    return sheet


def sofa(rng: random.Random, _inlay: Image.Image | None) -> Image.Image:
    """A sofa or an armchair from the front, in one fabric."""
    seats = rng.randint(1, 3)
    sheet = Image.new("RGBA", (120 + seats * 85, 230), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    cloth = rng.choice(((120, 120, 125), (60, 65, 75), (190, 175, 150), (110, 70, 45), (40, 80, 90), (200, 190, 185)))
    right = sheet.width - 1
    pen.rounded_rectangle((20, 20, right - 20, 150), 22, fill=(*brush.shifted(cloth, -15), 255))
    for seat in range(seats):
        x = 48 + seat * (right - 96) // seats
        pen.rounded_rectangle((x, 105, x + (right - 96) // seats - 3, 165), 14, fill=(*brush.shifted(cloth, 15), 255))
        pen.rounded_rectangle((x, 35, x + (right - 96) // seats - 3, 110), 14, fill=(*cloth, 255))
    pen.rectangle((25, 160, right - 25, 200), fill=(*brush.shifted(cloth, -25), 255))
    for x in (0, right - 50):
        pen.rounded_rectangle((x, 75, x + 50, 205), 20, fill=(*brush.shifted(cloth, 5), 255))
    for x in (22, right - 32):
        pen.rectangle((x, 200, x + 10, 228), fill=(80, 55, 35, 255))
    return sheet


def feeding_bottle(rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A baby's bottle with teat and marks."""
    sheet = Image.new("RGBA", (150, 320), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    cap = brush.colour(rng, pale=True)
    pen.ellipse((55, 5, 95, 65), fill=(235, 215, 170, 255))
    pen.rounded_rectangle((30, 55, 120, 100), 10, fill=(*cap, 255))
    pen.rounded_rectangle((25, 95, 125, 315), 26, fill=(225, 235, 240, 255), outline=(150, 160, 165, 255), width=3)
    pen.rounded_rectangle((30, rng.randint(130, 240), 120, 310), 22, fill=(250, 248, 240, 255))
    for y in range(125, 295, 20):
        pen.line((92, y, 118, y), fill=(120, 130, 140, 255), width=2)
    if inlay is not None:
        brush.print_on(sheet, inlay, (0.42, 0.62), 0.35)
    return sheet

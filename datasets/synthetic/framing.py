"""How the sellers of each category frame their photos: shares of the framings that `photo.py` knows."""

import random

# scan: the whole height, white at the sides. shop: small on white. studio: on white. tinted: on a colour.
# snapshot: at home on a table, with white bars. room and lawn: in place. collage: with details and words.
# fmt: off
FRAMINGS: dict[int, dict[str, int]] = {
    10: {"scan": 55, "shop": 15, "snapshot": 30},
    40: {"scan": 60, "shop": 20, "snapshot": 20},
    50: {"studio": 65, "snapshot": 18, "collage": 10, "shop": 7},
    60: {"studio": 62, "collage": 15, "shop": 10, "snapshot": 13},
    1140: {"studio": 40, "snapshot": 30, "shop": 15, "tinted": 15},
    1160: {"scan": 50, "shop": 32, "snapshot": 18},
    1180: {"snapshot": 52, "studio": 38, "tinted": 10},
    1280: {"studio": 62, "snapshot": 20, "tinted": 13, "shop": 5},
    1281: {"snapshot": 38, "studio": 50, "shop": 12},
    1300: {"studio": 50, "snapshot": 20, "collage": 17, "tinted": 13},
    1301: {"studio": 45, "tinted": 25, "shop": 18, "snapshot": 12},
    1302: {"studio": 52, "collage": 15, "tinted": 14, "shop": 12, "lawn": 7},
    1320: {"studio": 68, "shop": 14, "tinted": 14, "room": 4},
    1560: {"studio": 58, "room": 25, "shop": 10, "collage": 7},
    1920: {"studio": 60, "room": 22, "snapshot": 12, "shop": 6},
    1940: {"studio": 82, "shop": 18},
    2060: {"studio": 34, "room": 32, "tinted": 18, "shop": 6, "snapshot": 10},
    2220: {"studio": 72, "tinted": 12, "collage": 16},
    2280: {"snapshot": 42, "scan": 52, "shop": 6},
    2403: {"snapshot": 74, "scan": 20, "shop": 6},
    2462: {"snapshot": 62, "studio": 32, "shop": 6},
    2522: {"studio": 68, "snapshot": 17, "shop": 15},
    2582: {"studio": 55, "lawn": 23, "collage": 10, "shop": 12},
    2583: {"studio": 32, "shop": 33, "lawn": 22, "collage": 13},
    2585: {"studio": 52, "tinted": 16, "shop": 15, "collage": 12, "lawn": 5},
    2705: {"shop": 62, "scan": 30, "snapshot": 8},
    2905: {"shop": 70, "studio": 30},
}
# fmt: on


def framing(prdtypecode: int, rng: random.Random) -> str:
    """One framing for a photo of that category."""
    shares = FRAMINGS[prdtypecode]
    return rng.choices(list(shares), list(shares.values()))[0]

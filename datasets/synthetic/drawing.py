"""Every drawer by name, and what they print on covers."""

import random
from collections.abc import Callable

from PIL import Image

from datasets.synthetic import goods, objects, printed

Drawer = Callable[[random.Random, Image.Image | None], Image.Image]

# fmt: off
COVER_MOTIFS = (
    "🌹", "🦁", "🏰", "🚀", "🐺", "🌊", "🌙", "🔥", "🗝️", "⚔️", "🐉", "👑", "🌳", "🦅", "🐎",
    "🚢", "🏔️", "🌋", "🎭", "💀", "🦋", "🌻", "🐘", "🗿", "🏛️", "⛵", "🚂", "🏎️", "⚽", "🤖",
    "👽", "👻", "🧙", "🧛", "🐱", "🐶", "🦊", "🦉", "🎻", "💍", "💎", "🌍", "⭐", "☀️", "❤️",
)
# fmt: on

DRAWERS: dict[str, Drawer] = {
    "cover": printed.cover,
    "old_book": printed.old_book,
    "magazine": printed.magazine,
    "newspaper": printed.newspaper,
    "game_case": printed.game_case,
    "cartridge": printed.cartridge,
    "disc": printed.disc,
    "card": printed.card,
    "canvas": printed.canvas,
    "box": printed.box,
    "stack": printed.stack,
    "notebook": printed.notebook,
    "cushion": goods.cushion,
    "fabric": goods.fabric,
    "pool": goods.pool,
    "cylinder": goods.cylinder,
    "sheet_of_cloth": goods.sheet_of_cloth,
    "hose": goods.hose,
    "panel": goods.panel,
    "socks": objects.socks,
    "bottle": objects.bottle,
    "drone": objects.drone,
    "gamepad": objects.gamepad,
    "handheld": objects.handheld,
    "set_top_console": objects.set_top_console,
    "plush": objects.plush,
    "tool": objects.tool,
    "garden_seat": objects.garden_seat,
    "mask": objects.mask,
    "sofa": objects.sofa,
    "feeding_bottle": objects.feeding_bottle,
    "lure": objects.lure,
    "collar": objects.collar,
}


def draw(name: str, rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A drawn thing, RGBA.

    Args:
        inlay: picture to print on it where it bears one, RGBA, or None.
    Raises:
        KeyError: no drawer of that name.
    """
    return DRAWERS[name](rng, inlay)

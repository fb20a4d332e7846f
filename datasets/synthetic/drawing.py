"""Every drawer by name, and what they print on covers."""

import random
from collections.abc import Callable

from PIL import Image

from datasets.synthetic import goods, printed

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
}


def draw(name: str, rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A drawn thing, RGBA.

    Args:
        inlay: picture to print on it where it bears one, RGBA, or None.
    Raises:
        KeyError: no drawer of that name.
    """
    return DRAWERS[name](rng, inlay)

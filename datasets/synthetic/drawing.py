"""Every drawer by name, and what they print on covers."""

import random
from collections.abc import Callable

from PIL import Image

from datasets.synthetic import (
    covers,
    gadgets,
    games,
    goods,
    models,
    objects,
    printed,
    swimming,
    textiles,
    toys,
    wares,
    yard,
)

Drawer = Callable[[random.Random, Image.Image | None], Image.Image]

# fmt: off
COVER_MOTIFS = (
    "🌹", "🦁", "🏰", "🚀", "🐺", "🌊", "🌙", "🔥", "🗝️", "⚔️", "🐉", "👑", "🌳", "🦅", "🐎",
    "🚢", "🏔️", "🌋", "🎭", "💀", "🦋", "🌻", "🐘", "🗿", "🏛️", "⛵", "🚂", "🏎️", "⚽", "🤖",
    "👽", "👻", "🧙", "🧛", "🐱", "🐶", "🦊", "🦉", "🎻", "💍", "💎", "🌍", "⭐", "☀️", "❤️",
)
# fmt: on

# People, animals, vehicles and trees of the furniture libraries that stand on covers too.
# fmt: off
COVER_PIECES = (
    *(f"Reallusion/{name}" for name in (
        "boySitting", "boyStanding", "female01", "female02", "female03", "girlStanding", "girlSittingGround",
        "holdingFemale01", "holdingMale01", "male01", "male02", "male03", "sitFemale02", "sitMale01", "sitMale03")),
    "KatorLegaz/female-01-casual-clothing", "KatorLegaz/male-01-suit", "Scopia/mannequinBrunette", "Scopia/doll",
    "BlendSwap-CC-BY/bulldog", "BlendSwap-CC-BY/siameseCat", "BlendSwap-CC-0/deer", "BlendSwap-CC-0/horse2",
    "BlendSwap-CC-0/chicken", "BlendSwap-CC-0/motorbike", "BlendSwap-CC-0/peterbilt", "KatorLegaz/VW-new-beetle",
    "KatorLegaz/concept-sedan-02-sport", "Scopia/yamaha-yzr-r6", "BlendSwap-CC-0/cartoon_biplane",
    "BlendSwap-CC-0/electricGuitar", "BlendSwap-CC-BY/fordFocus", "Scopia/calla_lily_with_roses",
    "BlendSwap-CC-BY/tulips", "Scopia/japaneseMaple",
)
# fmt: on

DRAWERS: dict[str, Drawer] = {
    "cover": covers.cover,
    "used_book": covers.used_book,
    "old_book": covers.old_book,
    "magazine": covers.magazine,
    "newspaper": covers.newspaper,
    "comic": covers.comic,
    "game_case": games.game_case,
    "download": games.download,
    "cartridge": games.cartridge,
    "disc": games.disc,
    "card": games.card,
    "board_game": games.board_game,
    "manual": games.manual,
    "canvas": printed.canvas,
    "box": printed.box,
    "stack": printed.stack,
    "notebook": printed.notebook,
    "food_pack": printed.food_pack,
    "fabric": goods.fabric,
    "cylinder": goods.cylinder,
    "sheet_of_cloth": goods.sheet_of_cloth,
    "hose": goods.hose,
    "panel": goods.panel,
    "gamepad": objects.gamepad,
    "handheld": objects.handheld,
    "set_top_console": objects.set_top_console,
    "tool": objects.tool,
    "garden_seat": objects.garden_seat,
    "mask": objects.mask,
    "sofa": objects.sofa,
    "feeding_bottle": objects.feeding_bottle,
    "figure": toys.figure,
    "robot": toys.robot,
    "miniature": toys.miniature,
    "soft_animal": toys.soft_animal,
    "dressed_doll": toys.dressed_doll,
    "car": models.car,
    "quadcopter": models.quadcopter,
    "spare_parts": models.spare_parts,
    "sock_pair": textiles.sock_pair,
    "baby_shoes": textiles.baby_shoes,
    "pillow": textiles.pillow,
    "curtains": textiles.curtains,
    "bedding": textiles.bedding,
    "folded": textiles.folded,
    "pet_coat": textiles.pet_coat,
    "food_jar": wares.food_jar,
    "food_box": wares.food_box,
    "bucket": swimming.bucket,
    "filter_cartridge": swimming.filter_cartridge,
    "pump": swimming.pump,
    "round_pool": swimming.round_pool,
    "square_pool": swimming.square_pool,
    "swim_ring": swimming.swim_ring,
    "coil": swimming.coil,
    "lamp": wares.lamp,
    "vase": wares.vase,
    "pens": wares.pens,
    "torch": wares.torch,
    "fish_lure": wares.fish_lure,
    "pet_collar": wares.pet_collar,
    "controller": gadgets.controller,
    "handheld_console": gadgets.handheld_console,
    "console": gadgets.console,
    "game_lot": gadgets.game_lot,
    "pouch": gadgets.pouch,
    "ironmongery": yard.ironmongery,
    "garden_set": yard.garden_set,
    "kitchen_tool": yard.kitchen_tool,
    "bib": yard.bib,
    "nursery": yard.nursery,
    "pieces": yard.pieces,
}


def draw(name: str, rng: random.Random, inlay: Image.Image | None) -> Image.Image:
    """A drawn thing, RGBA.

    Args:
        inlay: picture to print on it where it bears one, RGBA, or None.
    Raises:
        KeyError: no drawer of that name.
    """
    return DRAWERS[name](rng, inlay)

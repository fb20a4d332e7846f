"""The categories to choose from, in a list that is searched by typing."""

import unicodedata
from collections.abc import Sequence

from ui.record import Category
from ui.texts.shape import Texts
from ui.visit import Visit


def category_choices(categories: Sequence[Category], texts: Texts) -> list[tuple[str, int]]:
    """Labels and codes, in the order of the categories."""
    return [(f"{texts.name(category)} · {category.prdtypecode}", category.prdtypecode) for category in categories]


async def categories_of(visit: Visit) -> list[Category]:
    """The categories of the model that answers now, by name.

    Raises:
        ApiError
    """
    served = await visit.api.served()
    return sorted(served.categories, key=lambda category: _by_alphabet(visit.texts.name(category)))


def _by_alphabet(name: str) -> str:
    """Without accents: É stands among the E."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()

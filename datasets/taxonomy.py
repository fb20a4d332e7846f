"""The categories' names: the built-in 27 of Rakuten France, or a `taxonomy.csv` beside the data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from datasets.error import FolderError
from datasets.integer import read_integer
from datasets.table import read_table


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf. A code that nobody named carries its number as name."""

    prdtypecode: int
    name_fr: str
    name_en: str


class Taxonomy:
    """Names of categories by `prdtypecode`.

    Args:
        categories: the named ones.
        closed: codes outside `categories` are not allowed (a `taxonomy.csv` lies in the folder).
    """

    def __init__(self, categories: Iterable[Category], *, closed: bool = False) -> None:
        self._by_code = {category.prdtypecode: category for category in categories}
        self.closed = closed

    def __contains__(self, prdtypecode: int) -> bool:
        return prdtypecode in self._by_code

    def __getitem__(self, prdtypecode: int) -> Category:
        """The category of a code; its number serves as name where it has none."""
        known = self._by_code.get(prdtypecode)
        return known or Category(prdtypecode, str(prdtypecode), str(prdtypecode))

    def codes(self) -> list[int]:
        return sorted(self._by_code)


def read_taxonomy(path: Path, *, report: Callable[[int, str], None] | None = None) -> Taxonomy:
    """The categories that a `taxonomy.csv` (`prdtypecode,name_fr,name_en`) allows.

    Args:
        report: told line and reason of each row that names no category.
    Raises:
        FolderError: it cannot be read, misses a column, or names no category at all.
    """
    faults: list[tuple[int, str]] = []
    categories: dict[int, Category] = {}
    for row in read_table(path, columns=("prdtypecode", "name_fr", "name_en"), integers=("prdtypecode",)):
        code = read_integer(row.cells["prdtypecode"])
        name_fr, name_en = row.cells["name_fr"].strip(), row.cells["name_en"].strip()
        if row.fault or code is None:
            faults.append((row.line, row.fault or f"prdtypecode {row.cells['prdtypecode']!r} is not a whole number"))
            continue
        category = Category(code.value, name_fr or name_en or str(code.value), name_en or name_fr or str(code.value))
        if categories.setdefault(code.value, category) != category:
            faults.append((row.line, f"prdtypecode {code.value} was named before; the first name is kept"))
    if report:
        for line, reason in faults:
            report(line, reason)
    if not categories:
        raise FolderError(str(path), "names no category; rows are prdtypecode,name_fr,name_en")
    return Taxonomy(categories.values(), closed=True)


RAKUTEN = Taxonomy(
    Category(*entry)
    for entry in (
        (10, "Livres d'occasion", "Used books"),
        (40, "Jeux vidéo anciens et importés", "Retro and imported video games"),
        (50, "Accessoires de jeu vidéo", "Gaming accessories"),
        (60, "Consoles de jeu", "Game consoles"),
        (1140, "Figurines et objets de collection", "Figurines and collectibles"),
        (1160, "Cartes à collectionner", "Trading cards"),
        (1180, "Figurines de jeu, masques et déguisements", "Wargame miniatures, masks and costumes"),
        (1280, "Jouets", "Toys"),
        (1281, "Jeux de société", "Board games"),
        (1300, "Modélisme et drones", "Model making and drones"),
        (1301, "Vêtements de bébé", "Baby clothes"),
        (1302, "Jeux d'extérieur et loisirs", "Outdoor games and leisure"),
        (1320, "Puériculture", "Baby care"),
        (1560, "Meubles d'intérieur", "Indoor furniture"),
        (1920, "Linge de maison", "Household linen"),
        (1940, "Épicerie", "Food"),
        (2060, "Décoration", "Home decoration"),
        (2220, "Animalerie", "Pet supplies"),
        (2280, "Journaux et revues", "Newspapers and magazines"),
        (2403, "Lots de livres, BD et magazines", "Book, comic and magazine lots"),
        (2462, "Consoles et jeux vidéo d'occasion", "Used consoles and video games"),
        (2522, "Papeterie", "Stationery"),
        (2582, "Mobilier de jardin", "Garden furniture"),
        (2583, "Piscine et accessoires", "Pools and pool equipment"),
        (2585, "Bricolage et jardinage", "DIY and garden tools"),
        (2705, "Livres neufs", "New books"),
        (2905, "Jeux PC à télécharger", "PC game downloads"),
    )
)

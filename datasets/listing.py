"""A listing as a seller writes it, and a product: the listing as a data folder holds it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Listing:
    """What a seller gives. Texts are raw (HTML, entities, odd spaces allowed); "" means missing.

    Attributes:
        image: path or bytes of an encoded photo, or None.
    """

    designation: str = ""
    description: str = ""
    image: Path | bytes | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """One row of a data folder, with its label where the folder has one.

    Attributes:
        row: the row index that X and Y share.
        designation, description: raw text as the file has it, "" when missing.
        image: path of a photo that exists and decodes, or None.
        prdtypecode: the category, or None in an unlabelled part.
        group: name from `groups.csv`, or None; rows of one group stay on one side of a split.
        source: the X file the row came from; line: its line there (1 is the header).
    """

    row: int
    productid: int
    imageid: int
    designation: str
    description: str
    image: Path | None
    prdtypecode: int | None
    group: str | None
    source: Path
    line: int

    @property
    def listing(self) -> Listing:
        return Listing(self.designation, self.description, self.image)

"""What a load of data folders gives: the products used, and every row or part that was not, with its reason."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from datasets.listing import Product
from datasets.taxonomy import Taxonomy

Effect = Literal["set_aside", "part_ignored", "note"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing found in a file.

    Attributes:
        line: line of the file (1 is the header), or None where the file as a whole is meant.
        effect: `set_aside` costs the row, `part_ignored` costs a photo or a text, `note` costs nothing.
    """

    file: str
    line: int | None
    reason: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class Dataset:
    """Products of one or several folders.

    Attributes:
        products: rows that are used, in file order.
        issues: everything else; rows used and issues with effect `set_aside` add up to `rows`.
        rows: rows given, over all folders.
        taxonomy: names of the categories.
        synthetic: the data says of itself that it is synthetic (a file `SYNTHETIC` in the folder).
    """

    products: list[Product]
    issues: list[Issue]
    rows: int
    taxonomy: Taxonomy
    folders: list[Path]
    synthetic: bool

    @property
    def codes(self) -> list[int]:
        """The categories present, ascending: the column order of every probability."""
        return sorted(self.counts())

    def counts(self) -> Counter[int]:
        """Rows of each category."""
        return Counter(p.prdtypecode for p in self.products if p.prdtypecode is not None)

"""Reads the listings of a CSV file as shops and spreadsheets write it."""

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from datasets.error import FolderError
from datasets.integer import read_integer
from datasets.table import Limits, Row, rows_of
from serve_app.error import RequestError

MOST_LISTINGS = 10_000
MOST_ISSUES = 10_000
MOST_BYTES = 20_000_000
MOST_LINES = 500_000

TITLES = (
    "designation",
    "title",
    "titre",
    "product title",
    "product name",
    "nom du produit",
    "nom produit",
    "libelle",
    "intitule",
    "item name",
    "name",
    "nom",
    "produit",
    "product",
)
DESCRIPTIONS = ("description", "descriptif", "product description", "body html", "details", "texte", "desc")
PHOTOS = (
    "image",
    "photo",
    "image file",
    "image name",
    "fichier image",
    "nom image",
    "image src",
    "image url",
    "main image",
    "picture",
    "filename",
    "fichier",
    "images",
    "photos",
)
IDS = ("imageid", "productid")
"""Rakuten names a photo by both."""

EMPTY = "has neither title nor description nor photo"
SEVERAL = re.compile(r"[,;|]")


class FileListing(BaseModel):
    """A listing, and where in the file it stood."""

    line: int = Field(description="1 is the file's first line")
    designation: str
    description: str
    image: str | None = Field(description="name of its photo's file")


class FileIssue(BaseModel):
    """A line that is no listing."""

    line: int
    kind: Literal["empty", "broken"] = Field(description="empty: nothing to judge; broken: no row of this table")
    reason: str


class ListingFile(BaseModel):
    """The listings of a file, in its order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "listings": [
                        {
                            "line": 2,
                            "designation": "Piscine tubulaire ronde 3 m",
                            "description": "Avec pompe",
                            "image": "pool.jpg",
                        }
                    ],
                    "issues": [{"line": 3, "kind": "empty", "reason": "has neither title nor description nor photo"}],
                    "truncated": False,
                }
            ]
        }
    )

    listings: list[FileListing]
    issues: list[FileIssue]
    truncated: bool = Field(description=f"the file holds more than the {MOST_LISTINGS:,} listings that are read")


def read_listing_file(data: bytes, *, name: str) -> ListingFile:
    """The listings of a CSV file, also gzipped; what is no listing is an issue, and the rest goes on.

    Raises:
        RequestError: it is no CSV, or none of its columns is known.
    """
    rows = rows_of(
        data,
        name=name,
        columns=(),
        integers=IDS,
        optional=(*TITLES, *DESCRIPTIONS, *PHOTOS, *IDS),
        one_of=(*TITLES, *DESCRIPTIONS, *PHOTOS),
        limits=Limits(MOST_BYTES, MOST_LINES),
    )
    listings: list[FileListing] = []
    issues: list[FileIssue] = []
    try:
        for row in rows:
            listing = _listing(row)
            if row.fault:
                issues.append(FileIssue(line=row.line, kind="broken", reason=row.fault))
            elif not (listing.designation or listing.description or listing.image):
                issues.append(FileIssue(line=row.line, kind="empty", reason=EMPTY))
            elif len(listings) < MOST_LISTINGS:
                listings.append(listing)
                continue
            if len(listings) == MOST_LISTINGS or len(issues) == MOST_ISSUES:
                return ListingFile(listings=listings, issues=issues, truncated=True)
    except FolderError as error:
        raise RequestError("file", str(error)) from None
    return ListingFile(listings=listings, issues=issues, truncated=False)


def _listing(row: Row) -> FileListing:
    cells = row.cells
    return FileListing(
        line=row.line,
        designation=_first(cells, TITLES),
        description=_first(cells, DESCRIPTIONS),
        image=_photo(cells),
    )


def _first(cells: Mapping[str, str], names: tuple[str, ...]) -> str:
    """The cell of the first column that has something in it."""
    return next((cell for name in names if (cell := cells.get(name, "").strip())), "")


def _photo(cells: Mapping[str, str]) -> str | None:
    """The name of the photo's file: of the first one where several are named, without its folder or address."""
    named = _first(cells, PHOTOS)
    if named:
        path = unquote(urlsplit(named).path) if "://" in named else SEVERAL.split(named)[0].strip()
        return path.replace("\\", "/").rpartition("/")[2] or None
    numbers = [read_integer(cells.get(name, "")) for name in IDS]
    if all(numbers):
        image, product = (number.value for number in numbers if number)
        return f"image_{image}_product_{product}.jpg"
    return None

"""A CSV file as a table, whatever tool wrote it: encoding, separator, quoting and column order are found out."""

import gzip
import io
import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.csv_record import Record, Shape, split_bare, split_lines, split_quoted, split_records
from datasets.encoding import decode
from datasets.error import FolderError

SEPARATORS = (",", ";", "\t", "|")
INDEX = ""  # the name of the row index: the column that Rakuten's files leave unnamed

_INDEX_NAMES = ("index", "rowindex", "row", "rowid", "integerid", "id", "")
_BINARY = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffd]")
_LOOKED_AT = 2_000
_NOTHING = "\0"  # separates nothing: no text has it any more
_UNNAMED = re.compile(r"unnamed\d*")


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one record by the names asked for; "" where the file has none.

    Attributes:
        fault: why the record has no cells one could trust, or None.
        repaired: an open quote was taken as a character.
    """

    line: int
    cells: dict[str, str]
    fault: str | None = None
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may hold once it is unpacked."""

    size_bytes: int
    lines: int


def read_table(path: Path, *, columns: Sequence[str], integers: Sequence[str]) -> list[Row]:
    """Rows of a CSV (also gzipped) that has the columns, in any order, beside any others.

    Args:
        columns: names that the header must have; `INDEX` is the row index, named or not.
        integers: those of them that hold whole numbers; they tell a record from a line of text.
    Returns:
        A row for each record after the header, in file order; empty lines are none.
    Raises:
        FolderError: unreadable, empty, not a CSV, or a column is missing.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FolderError(str(path), f"cannot be read: {error.strerror or error}") from error
    return list(rows_of(data, name=str(path), columns=columns, integers=integers))


def rows_of(
    data: bytes,
    *,
    name: str,
    columns: Sequence[str],
    integers: Sequence[str],
    optional: Sequence[str] = (),
    one_of: Sequence[str] = (),
    limits: Limits | None = None,
) -> Iterator[Row]:
    """As `read_table`, from what is in a file, a row at a time.

    Args:
        name: what errors call the file.
        optional: more names to look for; one that the header lacks is missing from every row's cells.
        one_of: those of them of which the header must have one, where any are named.
        limits: for a file of somebody who is not trusted.
    """
    lines = split_lines(_text(data, name, limits))
    header_at, separator, positions, width = _read_header(name, lines, columns, optional, one_of)
    shape = Shape(width, [positions[column] for column in integers if column in positions])
    needed = max(shape.integer_columns, default=0)
    for record in split_records(lines, separator=separator, shape=shape, start=header_at + 1):
        yield _row(record, positions, width, needed)


def _row(record: Record, positions: dict[str, int], width: int, needed: int) -> Row:
    fields = record.fields
    fault = None
    if len(fields) > width and any(field.strip() for field in fields[width:]):
        fault = f"{len(fields)} fields where the header has {width} (is a text with a separator in it not quoted?)"
    elif len(fields) <= needed:
        fault = f"{len(fields)} fields where the header has {width}"
    if fault and record.repaired:
        fault = "a quote is not closed"
    count = len(fields)
    cells = {name: fields[at] if at < count else "" for name, at in positions.items()}
    return Row(record.line, cells, fault, record.repaired)


def _text(data: bytes, name: str, limits: Limits | None) -> str:
    if data.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(io.BytesIO(data)) as file:
                data = file.read(limits.size_bytes + 1) if limits else file.read()
        except (OSError, EOFError, zlib.error) as error:
            raise FolderError(name, f"cannot be read: {error}") from error
        if limits and len(data) > limits.size_bytes:
            raise FolderError(name, f"holds more than {limits.size_bytes:,} bytes when it is unpacked")
    if data.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        raise FolderError(name, "is an Excel workbook or an archive, not a CSV; save it as CSV UTF-8")
    if limits and data.count(b"\n") + data.count(b"\r") > 2 * limits.lines:
        raise FolderError(name, f"has more than {limits.lines:,} lines")
    text = decode(data)
    if not text.strip("\ufeff \t\r\n"):
        raise FolderError(name, "is empty; it needs a header line and rows")
    return text


def _read_header(
    name: str, lines: list[str], columns: Sequence[str], optional: Sequence[str], one_of: Sequence[str]
) -> tuple[int, str, dict[str, int], int]:
    """Line index of the header, separator, position of each column, and the number of columns."""
    at = next(i for i, line in enumerate(lines) if line.strip("\ufeff \t"))
    declared = re.fullmatch(r'\ufeff?"?sep=(.)"?[,;\t]*', lines[at].strip(" "), re.IGNORECASE)
    separators: Sequence[str] = SEPARATORS
    if declared:  # Excel's first line
        separators = (declared[1], *SEPARATORS)
        at = next((i for i in range(at + 1, len(lines)) if lines[i].strip()), at)
    best: tuple[int, str, dict[str, int], int] | None = None
    for separator in separators:
        fields = split_quoted(lines[at], separator) or split_bare(lines[at], separator)
        positions = _locate(fields, [*columns, *optional])
        if best is None or len(positions) > len(best[2]):
            best = at, separator, positions, len(fields)
    assert best is not None
    named = (best[2].keys() & {*columns, *one_of}) - {INDEX}
    # With a header it is a CSV, whatever its cells hold.
    start = "\n".join(lines[at : at + _LOOKED_AT])[:_LOOKED_AT]
    if not named and len(_BINARY.findall(start)) * 20 > len(start):
        raise FolderError(name, "is no text, and so no CSV")
    missing = [column for column in columns if column not in best[2]]
    found = lines[at].strip()[:80]
    if missing:
        absent = ", ".join(column or "the row index (the first column, unnamed)" for column in missing)
        raise FolderError(
            f"{name}:{at + 1}", f"misses the column{'s' if len(missing) > 1 else ''} {absent}; found {found!r}"
        )
    if one_of and not best[2].keys() & {*one_of}:
        raise FolderError(f"{name}:{at + 1}", f"has none of the columns {', '.join(one_of)}; found {found!r}")
    at, separator, positions, width = best
    # A file of one column has separators in its texts only.
    return at, separator if width > 1 else _NOTHING, positions, width


def _locate(fields: Sequence[str], columns: Sequence[str]) -> dict[str, int]:
    names = [_plain(field) for field in fields]
    positions = {column: names.index(_plain(column)) for column in columns if column and _plain(column) in names}
    if INDEX in columns and len(fields) > 1:
        index_at = _locate_index(names, set(positions.values()))
        if index_at is not None:
            positions[INDEX] = index_at
    return positions


def _locate_index(names: list[str], taken: set[int]) -> int | None:
    """The row index: the innermost unnamed column (each careless round through pandas adds one outside), or by name."""
    free = [at for at in range(len(names)) if at not in taken]
    unnamed = [at for at in free if _UNNAMED.fullmatch(names[at])]
    if unnamed:
        return unnamed[-1]
    if names[0] == "" and 0 in free:
        return 0
    for name in _INDEX_NAMES:
        for at in free:
            if names[at] == name:
                return at
    return 0 if 0 in free else None


def _plain(name: str) -> str:
    """A column's name without case, accents, spaces and punctuation: "Product ID" is productid."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in letters if character.isalnum())

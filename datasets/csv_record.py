"""Splits a CSV into records as its writer meant them, also where a quote was never closed.

Python's `csv` takes everything up to the next quote into one field: one stray `"` (24" screens are common) swallows
rows in silence. Here a record that swallows another whole record, or that never ends, is read again as one line.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from datasets.integer import read_integer

_QUOTES = re.compile('"+')
_MAX_LINES = 3_000  # of one record; longer ones are quotes that nobody closed


@dataclass(frozen=True, slots=True)
class Record:
    """Fields of one row.

    Attributes:
        line: where it starts (1 is the first line of the file).
        fields: as written, quotes resolved.
        repaired: a quote is not closed; the line was read by its separators alone.
    """

    line: int
    fields: list[str]
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """What makes a line a record: how many fields, and which of them hold whole numbers.

    Attributes:
        integer_columns: the first is never empty; without any, nothing is known to be a record.
    """

    width: int
    integer_columns: Sequence[int]

    def fits(self, fields: Sequence[str]) -> bool:
        if len(fields) < self.width or any(field.strip() for field in fields[self.width :]):
            return False
        numbers = [fields[column] for column in self.integer_columns]
        return (
            bool(numbers)
            and bool(numbers[0].strip())
            and all(read_integer(number) or not number.strip() for number in numbers)
        )


def split_lines(text: str) -> list[str]:
    """Physical lines, whichever of CRLF, LF and CR ends them."""
    if "\r" not in text:
        return text.split("\n")
    if "\n" not in text:
        return text.split("\r")
    first_cr, first_lf = text.find("\r"), text.find("\n")
    if first_cr < first_lf and text[first_cr:first_lf].strip("\r"):  # old Mac lines, and some others further down
        return re.split("\r\n|\r|\n", text)
    return [line.rstrip("\r") for line in text.split("\n")]


def split_records(lines: Sequence[str], *, separator: str, shape: Shape, start: int = 0) -> Iterator[Record]:
    """Records of the lines from `start` on; lines without a character are no records."""
    at = start
    closed_before = start  # no quote is closed between `at` and this line
    while at < len(lines):
        line = lines[at]
        if not line.strip(" \x1a"):
            at += 1
        elif '"' not in line:
            yield Record(at + 1, line.split(separator))
            at += 1
        else:
            if at < closed_before:
                fields, end = split_quoted(line, separator), at + 1
            else:
                fields, end = _read_quoted(lines, at, separator, shape)
            if fields is None or _is_several(fields, end - at, shape):
                yield Record(at + 1, split_bare(line, separator), repaired=True)
                closed_before = max(closed_before, end if fields is None else at)
                at += 1
            else:
                yield Record(at + 1, fields)
                at = end


def _is_several(fields: Sequence[str], lines: int, shape: Shape) -> bool:
    """Whether a quote that nobody closed joined several records: only their count of fields can tell where no column
    holds numbers."""
    if shape.integer_columns or lines == 1:
        return False
    return len(fields) != shape.width


def split_quoted(line: str, separator: str) -> list[str] | None:
    """Fields of one line that holds a whole record, or None where a quote is open at its end."""
    return _read_quoted([line], 0, separator, None)[0]


def split_bare(line: str, separator: str) -> list[str]:
    """Fields by separators alone; a quote around (or left at the start of) a field goes."""
    return [_unquote(field) for field in line.split(separator)]


def _unquote(field: str) -> str:
    bare = field.strip()
    if not bare.startswith('"'):
        return field
    if len(bare) > 1 and bare.endswith('"'):
        return bare[1:-1].replace('""', '"')
    return field if '"' in bare[1:] else bare[1:]


def _read_quoted(lines: Sequence[str], at: int, separator: str, shape: Shape | None) -> tuple[list[str] | None, int]:
    """Fields of the record that starts at line `at`, and the line after it; None where its quotes don't close, and the
    line up to which none was found."""
    fields: list[str] = []
    line, position = lines[at], 0
    opening, following = _quote_patterns(separator)
    end = at + 1
    while True:
        opened = opening.match(line, position)
        if not opened:
            stop = line.find(separator, position)
            if stop < 0:
                fields.append(line[position:])
                return fields, end
            fields.append(line[position:stop])
            position = stop + 1
            continue
        content: list[str] = []
        position = opened.end()
        while True:
            closed = _find_close(line, position, following)
            if closed:
                content.append(line[position : closed[0]])
                position = closed[1]
                break
            content.append(line[position:])
            if (
                end >= len(lines)
                or end - at > _MAX_LINES
                or shape is None
                or _swallows(lines, at, end, separator, shape)
            ):
                return None, end
            content.append("\n")
            line, position = lines[end], 0
            end += 1
        fields.append(_resolve_quotes("".join(content)))
        if position >= len(line):
            return fields, end
        position += 1


def _swallows(lines: Sequence[str], at: int, following: int, separator: str, shape: Shape) -> bool:
    """Whether a field open at the end of a line is a quote that nobody closed, and not a text of several lines."""
    if following == at + 1:
        first = split_bare(lines[at], separator)
        # Whole by itself, with a number after the open quote: a text of several lines would hide that number.
        opened = next((i for i, field in enumerate(lines[at].split(separator)) if field.count('"') % 2), shape.width)
        if shape.fits(first) and any(column > opened for column in shape.integer_columns):
            return True
    line = lines[following]
    if line.count(separator) < shape.width - 1 or not any(map(str.isdigit, line[:40])):
        return False
    fields = split_quoted(line, separator) if '"' in line else line.split(separator)
    return shape.fits(fields if fields is not None else split_bare(line, separator))


def _resolve_quotes(content: str) -> str:
    return content.replace('\\"', '"').replace('""', '"') if '"' in content else content


def _find_close(line: str, position: int, following: re.Pattern[str]) -> tuple[int, int] | None:
    """Where the quote stands that closes a field, and where the field's separator (or the line's end) is.

    A doubled quote is one of the text's own; so is a lone one inside (`24" LED`), and one after a backslash.
    """
    for run in _QUOTES.finditer(line, position):
        escaped = run.start() > position and line[run.start() - 1] == "\\"
        after = following.match(line, run.end())
        if after and (len(run[0]) - escaped) % 2:
            return run.end() - 1, after.end()
    return None


@lru_cache(maxsize=8)
def _quote_patterns(separator: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What opens a quoted field, and what follows its closing quote."""
    blank = "[ ]*" if separator == "\t" else r"[ \t]*"
    return re.compile(f'{blank}"'), re.compile(rf"{blank}(?={re.escape(separator)}|\Z)")

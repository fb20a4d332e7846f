"""What stands beside X: the label of each row (Y), its group (`groups.csv`), and who is wrong about it."""

from dataclasses import dataclass
from pathlib import Path

from datasets.dataset import Issue
from datasets.integer import read_integer
from datasets.table import INDEX, read_table
from datasets.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Label:
    """The category of a row, or why it has none that one could trust.

    Attributes:
        line: line of Y.
        fault: reason, or None; then `prdtypecode` is set.
    """

    line: int
    prdtypecode: int | None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """Y, read.

    Attributes:
        by_row: label of each row index.
        lost: line and reason of rows whose index cannot be read; they match no row of X.
    """

    path: Path
    by_row: dict[int, Label]
    lost: list[tuple[int, str]]


def read_labels(path: Path, taxonomy: Taxonomy, issues: list[Issue]) -> Labels:
    """Labels of a Y file; a code outside a closed taxonomy and two different codes for one row are faults.

    Raises:
        FolderError: it cannot be read or misses a column.
    """
    by_row: dict[int, Label] = {}
    lost: list[tuple[int, str]] = []
    for row in read_table(path, columns=(INDEX, "prdtypecode"), integers=(INDEX, "prdtypecode")):
        index = read_integer(row.cells[INDEX])
        if index is None or not index.exact:
            lost.append((row.line, f"the row index {row.cells[INDEX]!r} is not a whole number"))
            continue
        label = _label(row.line, row.cells["prdtypecode"], row.fault, taxonomy)
        before = by_row.get(index.value)
        if before is None:
            by_row[index.value] = label
        elif before.prdtypecode == label.prdtypecode and before.fault == label.fault:
            issues.append(
                Issue(str(path), row.line, f"row index {index.value} again (line {before.line}), same label", "note")
            )
        elif before.prdtypecode is None and before.fault and before.fault.startswith("row index"):
            continue  # already in conflict
        else:
            fault = (
                f"row index {index.value} has two labels, {_shown(before)} in line {before.line} "
                f"and {_shown(label)} in line {label.line}"
            )
            by_row[index.value] = Label(row.line, None, fault)
    return Labels(path, by_row, lost)


def read_groups(path: Path, rows: set[int], issues: list[Issue]) -> dict[int, str]:
    """Group name of each row index (`index,group`); what cannot be used is noted, the row stays.

    Raises:
        FolderError: it cannot be read or misses a column.
    """
    groups: dict[int, str] = {}
    strangers = 0
    for row in read_table(path, columns=(INDEX, "group"), integers=(INDEX,)):
        index, name = read_integer(row.cells[INDEX]), row.cells["group"].strip()
        if row.fault or index is None or not name:
            reason = row.fault or (
                "no group named" if index else f"the index {row.cells[INDEX]!r} is not a whole number"
            )
            issues.append(Issue(str(path), row.line, reason, "note"))
        elif groups.setdefault(index.value, name) != name:
            kept = groups[index.value]
            issues.append(Issue(str(path), row.line, f"row {index.value} is in group {kept!r} already", "note"))
        strangers += index is not None and index.value not in rows
    if strangers:
        issues.append(Issue(str(path), None, f"{strangers} rows match no row of X", "note"))
    return groups


def _label(line: int, cell: str, fault: str | None, taxonomy: Taxonomy) -> Label:
    code = read_integer(cell)
    if fault is None and (code is None or not code.exact):
        fault = f"prdtypecode {cell!r} is not a whole number" if cell.strip() else "prdtypecode is empty"
    if fault is not None or code is None:
        return Label(line, None, fault)
    if taxonomy.closed and code.value not in taxonomy:
        return Label(line, None, f"prdtypecode {code.value} is not in taxonomy.csv")
    return Label(line, code.value)


def _shown(label: Label) -> str:
    return str(label.prdtypecode) if label.prdtypecode is not None else "an unreadable one"

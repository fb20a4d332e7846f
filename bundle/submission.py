"""The challenge's submission file: an answer to every row index of a folder's X, in file order, as Y is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bundle.manifest import HELD_OUT, Manifest
from bundle.predict_folder import OutputError, check_output, predict_products, written_whole
from bundle.predictor import Predictor
from datasets.data_file import find_file
from datasets.folder import NO_IMAGE, X_COLUMNS, Part
from datasets.integer import read_integer
from datasets.listing import Product
from datasets.photo_file import find_photos
from datasets.progress import Progress, silent
from datasets.table import INDEX, Row, read_table

HEADER = ",prdtypecode"


@dataclass(frozen=True, slots=True)
class Filled:
    """A row that the bundle cannot answer, and that got the most frequent category."""

    index: int
    source: Path
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What goes into the file.

    Attributes:
        codes: `prdtypecode` by row index, in the order of the file.
        filled: rows among them with the category `most_frequent`.
        left_out: line and reason of rows that no index names by itself: they have no place in the file.
    """

    codes: dict[int, int]
    most_frequent: int
    filled: list[Filled]
    left_out: list[tuple[int, str]]


def check_submission(path: Path, folders: Sequence[Path]) -> None:
    """Find out before the work whether a submission can be made and written.

    Raises:
        OutputError: the name does not end in .csv, it cannot be written, or there are several folders, whose row
            indices may be the same.
    """
    if path.suffix.lower() != ".csv":
        raise OutputError(str(path), "a submission is a file that ends with .csv")
    if len(folders) > 1:
        raise OutputError(str(path), "a submission answers one folder: give --data once")
    check_output(path)


def make_submission(
    predictor: Predictor,
    folder: Path,
    *,
    part: Part,
    answered: Mapping[int, int],
    most_frequent: int,
    progress: Progress = silent,
) -> Submission:
    """An answer to every row of a folder's X, also to those that loading set aside.

    Those are read again: a row without a usable product id, or without a label, has a text that can be answered.

    Args:
        answered: `prdtypecode` by row index of the rows that are answered already.
        most_frequent: the category of rows that bring nothing which the bundle reads.
    """
    source = find_file(folder, f"X_{part}_update.csv")
    rows, left_out = _by_index(read_table(source, columns=X_COLUMNS, integers=(INDEX, "productid", "imageid")))
    photos = find_photos(folder, part)
    rest = {index: row for index, row in rows.items() if index not in answered}
    faults = {index: row.fault for index, row in rest.items() if row.fault}
    products = [_product(index, row, source, photos) for index, row in rest.items() if index not in faults]
    found, unanswered = predict_products(predictor, products, progress=progress)
    codes = {**answered, **dict(zip(found["row"].tolist(), found["prdtypecode"].tolist(), strict=True))}
    reasons = {**faults, **{product.row: reason for product, reason in unanswered}}
    return Submission(
        codes={index: codes.get(index, most_frequent) for index in rows},
        most_frequent=most_frequent,
        filled=[Filled(index, source, rows[index].line, reasons[index]) for index in rows if index not in codes],
        left_out=left_out,
    )


def most_frequent_code(bundle_dir: Path, manifest: Manifest) -> int:
    """The category that most rows of the training had; of a bundle that does not say, the first it knows."""
    path = bundle_dir / HELD_OUT
    if not path.is_file():
        return manifest.codes[0]
    with np.load(path, allow_pickle=False) as arrays:
        return manifest.codes[int(np.bincount(arrays["class_index"]).argmax())]


def write_submission(submission: Submission, path: Path) -> None:
    """Write `,prdtypecode` and a line `index,prdtypecode` a row; a broken-off write leaves the old file.

    Raises:
        OutputError: the disk refuses.
    """
    lines = [HEADER, *(f"{index},{code}" for index, code in submission.codes.items())]
    with written_whole(path) as staged:
        staged.write_bytes(("\n".join(lines) + "\n").encode("ascii"))


def _by_index(rows: Sequence[Row]) -> tuple[dict[int, Row], list[tuple[int, str]]]:
    """The first row of each index, and line and reason of all others."""
    by_index: dict[int, Row] = {}
    left_out = []
    for row in rows:
        index = read_integer(row.cells[INDEX])
        if index is None or not index.exact:
            left_out.append((row.line, f"its row index {row.cells[INDEX]!r} is not a whole number"))
        elif index.value in by_index:
            left_out.append((row.line, f"row index {index.value} again (line {by_index[index.value].line})"))
        else:
            by_index[index.value] = row
    return by_index, left_out


def _product(index: int, row: Row, source: Path, photos: Mapping[tuple[int, int], Path]) -> Product:
    productid, imageid = read_integer(row.cells["productid"]), read_integer(row.cells["imageid"])
    return Product(
        row=index,
        productid=productid.value if productid else 0,
        imageid=imageid.value if imageid else NO_IMAGE,
        designation=row.cells["designation"],
        description=row.cells["description"],
        image=photos.get((imageid.value, productid.value)) if imageid and productid else None,
        prdtypecode=None,
        group=None,
        source=source,
        line=row.line,
    )

"""Reads folders in Rakuten's layout: every row given is either a product, or an issue that says where and why not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from datasets.clean import has_letters
from datasets.data_file import existing_file, find_file
from datasets.dataset import Dataset, Issue
from datasets.error import FolderError
from datasets.integer import read_integer
from datasets.join import join_products
from datasets.label import Labels, read_groups, read_labels
from datasets.listing import Product
from datasets.photo_file import check_photos as decode_photos
from datasets.photo_file import find_photos
from datasets.progress import Progress, silent
from datasets.table import INDEX, Row, read_table
from datasets.taxonomy import RAKUTEN, Category, Taxonomy, read_taxonomy

Part = Literal["train", "test"]

X_COLUMNS = (INDEX, "designation", "description", "productid", "imageid")
NO_IMAGE = -1  # imageid of a row that names no image
_FILES = {"train": "X_train_update.csv", "test": "X_test_update.csv"}
_LABELS = "Y_train_CVw08PX.csv"


def load_folders(
    paths: Sequence[Path], *, part: Part = "train", check_photos: bool = True, progress: Progress = silent
) -> Dataset:
    """Products of one or several folders, rows of one `productid` joined into one.

    Args:
        part: `train` has labels; `test` is the unlabelled part, whose rows are answered one by one and not joined.
        check_photos: decode every photo, and drop those that cannot be shown.
    Returns:
        Products used and issues; products and issues with effect `set_aside` add up to `rows`.
    Raises:
        FolderError: a file is missing or cannot be read, or not one row can be used.
    """
    dataset = read_folders(paths, part=part, check_photos=check_photos, progress=progress)
    if not dataset.products:
        aside = [issue for issue in dataset.issues if issue.effect == "set_aside"]
        why = f"; first: line {aside[0].line}, {aside[0].reason}" if aside else ""
        raise FolderError(aside[0].file if aside else str(paths[0]), f"none of {dataset.rows} rows can be used{why}")
    return dataset


def read_folders(
    paths: Sequence[Path], *, part: Part = "train", check_photos: bool = True, progress: Progress = silent
) -> Dataset:
    """As `load_folders`, and also where no row can be used: a report wants to say so row by row."""
    if not paths:
        raise FolderError("--data", "name a folder")
    issues: list[Issue] = []
    products: list[Product] = []
    taxonomies: list[Taxonomy] = []
    rounded: set[tuple[Path, int]] = set()
    rows = 0
    for step, folder in enumerate(paths, start=1):
        found, given, taxonomy = _read_folder(folder, part, issues, rounded)
        products += found
        rows += given
        taxonomies.append(taxonomy)
        progress("folders", step, len(paths))
    if check_photos:
        products = _without_broken_photos(products, issues, progress)
    if part == "train":
        products = join_products(products, issues, apart=rounded)
    used = [product for product in products if _has_part(product, issues)]
    return Dataset(
        products=used,
        issues=sorted(issues, key=lambda issue: (issue.file, issue.line or 0)),
        rows=rows,
        taxonomy=_merge(taxonomies),
        folders=list(paths),
        synthetic=any((folder / "SYNTHETIC").is_file() for folder in paths),
    )


def _read_folder(
    folder: Path, part: Part, issues: list[Issue], rounded: set[tuple[Path, int]]
) -> tuple[list[Product], int, Taxonomy]:
    """Rows of one folder that have ids and, in the train part, a label; rows given; its taxonomy."""
    x_path = find_file(folder, _FILES[part])
    y_path = find_file(folder, _LABELS) if part == "train" else None
    taxonomy = _read_taxonomy(folder, issues)
    rows = read_table(x_path, columns=X_COLUMNS, integers=(INDEX, "productid", "imageid"))
    if not rows:
        raise FolderError(str(x_path), "has a header and no rows")
    by_index = _by_index(rows)
    groups_path = existing_file(folder, "groups.csv") if part == "train" else None
    groups = read_groups(groups_path, set(by_index), issues) if groups_path else {}
    labels = read_labels(y_path, taxonomy, issues) if y_path else None
    photos = find_photos(folder, part)
    products = []
    for row in rows:
        faults = _faults(row, by_index, labels, x_path)
        if faults is not None:
            file, line, reason = faults
            issues.append(Issue(file, line, reason, "set_aside"))
            continue
        products.append(_product(row, x_path, labels, groups, photos, issues))
        productid = read_integer(row.cells["productid"])
        if productid and not productid.exact:  # it stands for many products, so it joins none
            rounded.add((x_path, row.line))
    strays = _stray_labels(labels, by_index, issues) if labels else 0
    _note_stray_photos(photos, rows, issues)
    return products, len(rows) + strays, taxonomy


def _product(
    row: Row,
    x_path: Path,
    labels: Labels | None,
    groups: dict[int, str],
    photos: dict[tuple[int, int], Path],
    issues: list[Issue],
) -> Product:
    """The product of a row without faults; what costs less than the row is told here."""
    index, productid = read_integer(row.cells[INDEX]), read_integer(row.cells["productid"])
    assert index is not None and productid is not None
    imageid = read_integer(row.cells["imageid"])
    if imageid is None and row.cells["imageid"].strip():
        reason = f"imageid {row.cells['imageid']!r} is not a whole number: no photo is looked for"
        issues.append(Issue(str(x_path), row.line, reason, "part_ignored"))
    if row.repaired:
        issues.append(Issue(str(x_path), row.line, "a quote is not closed; the line was read without it", "note"))
    for name, number in (("productid", productid), ("imageid", imageid)):
        if number is not None and not number.exact:
            reason = f"{name} {row.cells[name]!r} has lost its last digits (a spreadsheet's doing)"
            issues.append(Issue(str(x_path), row.line, reason, "note"))
    return Product(
        row=index.value,
        productid=productid.value,
        imageid=imageid.value if imageid else NO_IMAGE,
        designation=row.cells["designation"] if has_letters(row.cells["designation"]) else "",
        description=row.cells["description"] if has_letters(row.cells["description"]) else "",
        image=photos.get((imageid.value, productid.value)) if imageid else None,
        prdtypecode=labels.by_row[index.value].prdtypecode if labels else None,
        group=groups.get(index.value),
        source=x_path,
        line=row.line,
    )


def _faults(
    row: Row, by_index: dict[int, list[Row]], labels: Labels | None, x_path: Path
) -> tuple[str, int, str] | None:
    """File, line and reason of what costs the whole row, or None."""
    here = str(x_path)
    if row.fault:
        return here, row.line, row.fault
    index = read_integer(row.cells[INDEX])
    if index is None or not index.exact:
        if not any(cell.strip() for cell in row.cells.values()):
            return here, row.line, "the row is empty"
        return here, row.line, f"the row index {row.cells[INDEX]!r} is not a whole number"
    if read_integer(row.cells["productid"]) is None:
        cell = row.cells["productid"]
        return here, row.line, f"productid {cell!r} is not a whole number" if cell.strip() else "productid is empty"
    same = by_index[index.value]
    if len(same) > 1:
        reason = _duplicate(row, same, index.value, labelled=labels is not None)
        if reason:
            return here, row.line, reason
    if labels:
        label = labels.by_row.get(index.value)
        if label is None:
            return here, row.line, f"no label: row index {index.value} is not in {labels.path.name}"
        if label.fault:
            return str(labels.path), label.line, label.fault
    return None


def _duplicate(row: Row, same: Sequence[Row], index: int, *, labelled: bool) -> str | None:
    """Why a row whose index others have too is set aside; None for the one that stays."""
    first = same[0]
    if all(other.cells == first.cells for other in same) or not labelled:
        return None if row is first else f"row index {index} again (line {first.line})"
    lines = ", ".join(str(other.line) for other in same if other is not row)
    return f"row index {index} stands for another listing in line {lines}: whose label it is, nobody can tell"


def _by_index(rows: Sequence[Row]) -> dict[int, list[Row]]:
    by_index: dict[int, list[Row]] = {}
    for row in rows:
        index = read_integer(row.cells[INDEX])
        if index is not None and index.exact:
            by_index.setdefault(index.value, []).append(row)
    return by_index


def _stray_labels(labels: Labels, by_index: dict[int, list[Row]], issues: list[Issue]) -> int:
    """Rows of Y that match no row of X; each counts as a row given and set aside."""
    strays = list(labels.lost)
    for index, label in labels.by_row.items():
        if index not in by_index:
            strays.append((label.line, f"row index {index} matches no row of X"))
    for line, reason in strays:
        issues.append(Issue(str(labels.path), line, reason, "set_aside"))
    return len(strays)


def _note_stray_photos(photos: dict[tuple[int, int], Path], rows: Sequence[Row], issues: list[Issue]) -> None:
    named = set()
    for row in rows:
        imageid, productid = read_integer(row.cells["imageid"]), read_integer(row.cells["productid"])
        if imageid and productid:
            named.add((imageid.value, productid.value))
    strays = sorted(photos[key].name for key in photos.keys() - named)
    if strays:
        directory = next(iter(photos.values())).parent
        issues.append(Issue(str(directory), None, f"{len(strays)} photos belong to no row: {strays[0]}, …", "note"))


def _without_broken_photos(products: list[Product], issues: list[Issue], progress: Progress) -> list[Product]:
    broken = decode_photos([product.image for product in products if product.image], progress=progress)
    checked = []
    for product in products:
        if product.image in broken:
            reason = f"photo {product.image}: {broken[product.image]}"
            issues.append(Issue(str(product.source), product.line, reason, "part_ignored"))
            product = replace(product, image=None)
        checked.append(product)
    return checked


def _has_part(product: Product, issues: list[Issue]) -> bool:
    if product.designation or product.description or product.image:
        return True
    reason = "neither a text nor a photo that can be used"
    issues.append(Issue(str(product.source), product.line, reason, "set_aside"))
    return False


def _read_taxonomy(folder: Path, issues: list[Issue]) -> Taxonomy:
    path = existing_file(folder, "taxonomy.csv")
    if path is None:
        return RAKUTEN
    return read_taxonomy(path, report=lambda line, reason: issues.append(Issue(str(path), line, reason, "note")))


def _merge(taxonomies: Sequence[Taxonomy]) -> Taxonomy:
    """Names of all folders; the folder named first has the last word, the built-in names the least."""
    named: dict[int, Category] = {}
    for taxonomy in sorted(taxonomies, key=lambda taxonomy: taxonomy.closed, reverse=True):
        for code in taxonomy.codes():
            named.setdefault(code, taxonomy[code])
    return Taxonomy(named.values(), closed=all(taxonomy.closed for taxonomy in taxonomies))

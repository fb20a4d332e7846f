"""What `rayonnage data check` tells about folders: counts by category, missing parts, broken photos, duplicates."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from datasets.dataset import Dataset
from datasets.error import DataError
from datasets.folder import read_folders
from datasets.progress import Progress, silent
from datasets.split import components, photo_edges, text_edges

_SHOWN_ISSUES = 20
_PLOTTED_CATEGORIES = 80
_EFFECTS = {"set_aside": "row set aside", "part_ignored": "part ignored", "note": "note"}


@dataclass(frozen=True, slots=True)
class Report:
    """A load, and what it shows.

    Attributes:
        missing: rows used without a designation, a description, any text, a photo.
        broken_photos: photos that were dropped because they cannot be shown.
        duplicates: rows used whose text (also nearly) or whose photo another row has as well.
    """

    dataset: Dataset
    missing: dict[str, int]
    broken_photos: int
    duplicates: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """rows, used, issues and categories as documented; missing, broken_photos and duplicates beside them."""
        dataset = self.dataset
        return {
            "rows": dataset.rows,
            "used": len(dataset.products),
            "issues": [asdict(issue) for issue in dataset.issues],
            "categories": {str(code): count for code, count in sorted(dataset.counts().items())},
            "missing": self.missing,
            "broken_photos": self.broken_photos,
            "duplicates": self.duplicates,
            "synthetic": dataset.synthetic,
        }


def check_folders(paths: Sequence[Path], *, progress: Progress = silent) -> Report:
    """Load folders and count what is in them.

    Raises:
        FolderError: a file is missing or cannot be read at all.
    """
    dataset = read_folders(paths, progress=progress)
    products = dataset.products
    missing = {
        "designation": sum(not product.designation for product in products),
        "description": sum(not product.description for product in products),
        "text": sum(not product.designation and not product.description for product in products),
        "photo": sum(product.image is None for product in products),
    }
    duplicates = {
        "text": _together(text_edges(products), len(products)),
        "photo": _together(photo_edges(products), len(products)),
    }
    broken = sum(issue.effect == "part_ignored" and issue.reason.startswith("photo ") for issue in dataset.issues)
    return Report(dataset, missing, broken, duplicates)


def show(report: Report, console: Console) -> None:
    """Tables for a person."""
    dataset = report.dataset
    used = len(dataset.products)
    synthetic = " (synthetic data)" if dataset.synthetic else ""
    console.print(Group(_category_table(dataset), _part_table(report)))
    for issue in dataset.issues[:_SHOWN_ISSUES]:
        place = f"{issue.file}:{issue.line}" if issue.line else issue.file
        console.print(Text(f"{place}: {issue.reason} [{_EFFECTS[issue.effect]}]"), soft_wrap=True)
    if len(dataset.issues) > _SHOWN_ISSUES:
        console.print(f"… and {len(dataset.issues) - _SHOWN_ISSUES} more; --json lists them all")
    console.print(f"{used} of {dataset.rows} rows used, {dataset.rows - used} set aside{synthetic}", highlight=False)


def plot_counts(dataset: Dataset, path: Path) -> None:
    """Rows of each category as horizontal bars, largest first, in a PNG.

    Raises:
        DataError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    counts = dataset.counts().most_common(_PLOTTED_CATEGORIES)
    figure = Figure(figsize=(9, max(2.0, 0.28 * len(counts) + 1.2)), layout="constrained")
    axes = figure.subplots()
    names = [_plottable(f"{dataset.taxonomy[code].name_en} ({code})") for code, _ in counts]
    bars = axes.barh(np.arange(len(counts)), [count for _, count in counts], color="#2a6f97")
    axes.bar_label(bars, padding=3, fontsize=8)
    axes.set_yticks(np.arange(len(counts)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("rows used")
    others = "" if len(counts) == len(dataset.codes) else f" (the largest {len(counts)})"
    axes.set_title(f"{len(dataset.products)} listings in {len(dataset.codes)} categories{others}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.08, y=0.01)
    try:
        figure.savefig(path, dpi=120, format="png")
    except OSError as error:
        raise DataError(f"{path}: the plot cannot be written: {error.strerror}") from error


def _category_table(dataset: Dataset) -> Table:
    table = Table("code", "category", "catégorie", title="Categories", title_justify="left")
    for heading in ("rows", "share", "with photo"):
        table.add_column(heading, justify="right")
    photos = Counter(product.prdtypecode for product in dataset.products if product.image is not None)
    for code, count in sorted(dataset.counts().items()):
        names = dataset.taxonomy[code]
        share = f"{count / len(dataset.products):.1%}"
        table.add_row(str(code), Text(names.name_en), Text(names.name_fr), str(count), share, str(photos[code]))
    return table


def _part_table(report: Report) -> Table:
    table = Table("parts", title="Parts", title_justify="left")
    table.add_column("rows", justify="right")
    for name, count in report.missing.items():
        table.add_row(f"without {name}", str(count))
    table.add_row("broken photos", str(report.broken_photos))
    for name, count in report.duplicates.items():
        table.add_row(f"sharing their {name} with another row", str(count))
    return table


def _together(edges: list[tuple[int, int]], count: int) -> int:
    """Rows that are not alone in their component."""
    sizes = np.bincount(components(edges, count), minlength=1)
    return int(sizes[sizes > 1].sum())


def _plottable(text: str) -> str:
    return text.replace("$", r"\$")

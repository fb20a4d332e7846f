"""Draws how a model is wrong, as PNG: confusion matrix, reliability diagram, F1 of each category.

Figures are made through matplotlib's objects and never through `pyplot`, whose global state leaks between threads.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from bundle.manifest import CategoryEntry
from train.scores import category_scores, confusion, reliability

INK, MUTED, GRID = "#1f2933", "#66727f", "#e3e7eb"
BLUE, ORANGE = "#2b6cb0", "#c05621"
SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#bcd7f0", "#2b6cb0", "#0b2545"])
LONGEST_NAME = 34
DPI = 110


def write_plots(
    directory: Path, probabilities: np.ndarray, class_index: np.ndarray, categories: Sequence[CategoryEntry]
) -> list[Path]:
    """Write the three plots of held-out rows into `directory` (made if missing), and give their paths.

    Args:
        probabilities: (n, categories) float; class_index: (n,) int, negative for codes the bundle does not know.
        categories: the bundle's, in class index order.
    """
    directory.mkdir(parents=True, exist_ok=True)
    figures = {
        "confusion_matrix.png": confusion_figure(probabilities, class_index, categories),
        "reliability.png": reliability_figure(probabilities, class_index),
        "f1_per_category.png": category_figure(probabilities, class_index, categories),
    }
    return [write_figure(figure, directory / name) for name, figure in figures.items()]


def confusion_figure(probabilities: np.ndarray, class_index: np.ndarray, categories: Sequence[CategoryEntry]) -> Figure:
    """Share of each true category's rows (line) by predicted category (column), in percent.

    Categories that are neither true nor predicted are left out; codes the bundle does not know make a last line.
    """
    counts = confusion(probabilities, class_index)
    known = np.flatnonzero((counts[:-1].sum(axis=1) > 0) | (counts.sum(axis=0) > 0)).tolist()
    lines = [*known, len(categories)] if counts[-1].any() else known
    counts = counts[np.ix_(lines, known)]
    rows = counts.sum(axis=1)
    share = counts / np.maximum(rows, 1)[:, None]

    cell = 0.36 if len(known) <= 40 else 0.2
    names = [_label(categories[i]) if i < len(categories) else "unknown to the model" for i in lines]
    bottom = 0.5 + 0.09 * max(len(str(categories[i].prdtypecode)) for i in known)
    width, height = 3.6 + cell * len(known), 0.75 + bottom + cell * len(lines)
    figure, axes = new_axes(max(width, 6.8), max(height, 2.4), left=3.3, bottom=bottom, top=0.75, right=0.3)
    # The square-root-like scale lets a mistake of 5 % be seen beside hits of 80 %.
    axes.imshow(share, cmap=SHADES, norm=PowerNorm(0.6, vmin=0, vmax=1), aspect="auto")
    size = 8 if len(known) <= 40 else 6
    axes.set_xticks(range(len(known)), [str(categories[i].prdtypecode) for i in known], rotation=90, fontsize=size)
    labels = [f"{name}  ({count})" for name, count in zip(names, rows, strict=True)]
    axes.set_yticks(range(len(lines)), labels, fontsize=size, parse_math=False)
    axes.set_xticks(np.arange(len(known) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(lines) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=GRID, linewidth=0.5)
    axes.tick_params(which="both", length=0)
    if len(known) <= 40:
        for line, column in zip(*np.nonzero(share >= 0.005), strict=True):
            value = share[line, column]
            colour = "white" if value > 0.3 else INK
            axes.text(column, line, f"{value * 100:.0f}", ha="center", va="center", fontsize=7, color=colour)
    axes.set_xlabel("predicted")
    write_title(axes, f"Where {rows.sum():,} listings went", "percent of each true category (rows in brackets)")
    return figure


def reliability_figure(probabilities: np.ndarray, class_index: np.ndarray) -> Figure:
    """Accuracy against confidence, with the number of rows under each bin."""
    bins = reliability(probabilities, class_index)
    filled = bins.rows > 0
    middle, wide = (bins.edges[:-1] + bins.edges[1:]) / 2, np.diff(bins.edges)
    figure, axes = new_axes(6, 6.4, left=0.8, bottom=2.0, top=0.75, right=0.3)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), label="perfectly calibrated")
    axes.bar(middle[filled], bins.accuracy[filled], wide[filled] * 0.92, color=BLUE, alpha=0.85, label="accuracy")
    axes.plot(bins.confidence[filled], bins.accuracy[filled], "o", color=ORANGE, markersize=4, label="mean confidence")
    axes.set(xlim=(0, 1), ylim=(0, 1), ylabel="share that is right")
    axes.tick_params(labelbottom=False)
    axes.legend(loc="upper left", frameon=False, fontsize=9)
    error = bins.expected_calibration_error
    write_title(
        axes, "Does 80 % mean 80 %?", f"expected calibration error {error:.3f} over {bins.rows.sum():,} listings"
    )

    below = figure.add_axes((0.8 / 6, 0.65 / 6.4, (6 - 1.1) / 6, 1.15 / 6.4))
    _plain(below)
    below.bar(middle, bins.rows, wide * 0.92, color=MUTED)
    below.set(xlim=(0, 1), xlabel="confidence (highest probability)", ylabel="listings")
    return figure


def category_figure(probabilities: np.ndarray, class_index: np.ndarray, categories: Sequence[CategoryEntry]) -> Figure:
    """F1 of each category present in the truth, best at the top, with its rows and its favourite mistake."""
    scores = category_scores(probabilities, class_index)
    present = np.flatnonzero(scores.rows)
    order: list[int] = present[np.argsort(-scores.f1[present], kind="stable")].tolist()
    step = 0.27 if len(order) <= 40 else 0.2
    size = 9 if len(order) <= 40 else 7
    figure, axes = new_axes(10.5, max(1.5 + step * len(order), 2.6), left=3.5, bottom=0.6, top=0.75, right=2.2)
    axes.barh(range(len(order)), scores.f1[order], height=0.72, color=BLUE, alpha=0.85)
    axes.set_yticks(range(len(order)), [_label(categories[i]) for i in order], fontsize=size, parse_math=False)
    axes.set(xlim=(0, 1), ylim=(len(order) - 0.4, -0.6), xlabel="F1")
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    for place, index in enumerate(order):
        f1 = scores.f1[index]
        axes.text(max(f1, 0) + 0.01, place, f"{f1:.2f}", va="center", fontsize=size - 1, color=INK)
        wrong = scores.mistaken_for[index]
        note = f"{scores.rows[index]} rows" + (f", taken for {categories[wrong].prdtypecode}" if wrong >= 0 else "")
        axes.text(1.06, place, note, va="center", fontsize=size - 1, color=MUTED)
    write_title(axes, "F1 of each category", f"{scores.rows.sum():,} listings, {len(order)} categories")
    return figure


def write_figure(figure: Figure, path: Path) -> Path:
    """Write a figure as PNG and give back its path."""
    path.write_bytes(png_of(figure))
    return path


def png_of(figure: Figure) -> bytes:
    """A figure as PNG, the same bytes whenever it is drawn."""
    encoded = io.BytesIO()
    FigureCanvasAgg(figure).print_png(encoded, metadata={"Software": None})
    return encoded.getvalue()


def drawable(text: str) -> bool:
    """Whether matplotlib's own font has every character of a text (it has no Chinese, Arabic or emoji)."""
    characters = get_font(findfont(FontProperties())).get_charmap()
    return all(ord(character) in characters for character in text)


def new_axes(
    width: float, height: float, *, left: float, bottom: float, top: float, right: float
) -> tuple[Figure, Axes]:
    """A figure with one pair of axes; sizes and margins in inches."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    box = (left / width, bottom / height, (width - left - right) / width, (height - bottom - top) / height)
    axes = figure.add_axes(box)
    _plain(axes)
    return figure, axes


def _plain(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GRID)
    axes.tick_params(colors=INK, labelsize=9)
    axes.xaxis.label.set_color(MUTED)
    axes.yaxis.label.set_color(MUTED)


def write_title(axes: Axes, title: str, below: str) -> None:
    for text, rise, size, weight, colour in ((title, 25, 13, "bold", INK), (below, 10, 9, "normal", MUTED)):
        axes.annotate(
            text,
            (0, 1),
            (0, rise),
            xycoords="axes fraction",
            textcoords="offset points",
            annotation_clip=False,
            fontsize=size,
            fontweight=weight,
            color=colour,
        )


def _label(category: CategoryEntry) -> str:
    """Name and code; the code alone where there is no name or it cannot be drawn."""
    code, name = str(category.prdtypecode), category.name_en or category.name_fr
    if name == code or not drawable(name):
        return code
    short = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"
    return f"{short}  {code}"

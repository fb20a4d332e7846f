"""Draws runs beside each other: their scores, and how their epochs went."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from train.error import TrainError
from train.plots import DPI, GRID, MUTED, png_of
from train.run import Run
from train.run_record import write_whole

COLOURS = ("#2b6cb0", "#c05621", "#2f855a", "#805ad5", "#b7791f", "#c53030", "#319795", "#4a5568")
PARTS = ("text", "image", "fusion")


def write_comparison(runs: Sequence[Run], path: Path) -> Path:
    """Draw weighted F1 with its interval by part, and weighted F1 by epoch where experts have epochs.

    Args:
        path: ends in `.png`.
    Raises:
        TrainError: no run has scores or epochs.
        RunError: the file cannot be written.
    """
    experts = list(dict.fromkeys(expert for run in runs for expert in run.record.epochs))
    if not experts and not any(run.record.metrics for run in runs):
        raise TrainError("none of these runs has scores or epochs to draw yet")
    panels = 1 + len(experts)
    figure = Figure(figsize=(4.6 * panels, 4.2), dpi=DPI, facecolor="white", layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for place, run in enumerate(runs):
        colour = COLOURS[place % len(COLOURS)]
        label = run.record.run
        for column, part in enumerate(PARTS):
            if scores := run.record.metrics.get(part):
                at = column + (place - (len(runs) - 1) / 2) * 0.12
                low, high = scores["interval"]
                axes[0].plot([at, at], [low, high], color=colour, linewidth=2)
                axes[0].plot([at], [scores["weighted_f1"]], "o", color=colour, label=label)
                label = "_"  # one line in the legend
        for panel, expert in zip(axes[1:], experts, strict=True):
            epochs = [each for each in run.record.epochs.get(expert, []) if "weighted_f1" in each]
            numbers = [each["epoch"] for each in epochs]
            panel.plot(numbers, [each["weighted_f1"] for each in epochs], "o-", color=colour, label=run.record.run)
    axes[0].set_xticks(range(len(PARTS)), PARTS)
    axes[0].set_title("weighted F1, 95 % interval", fontsize=10, loc="left")
    for panel, expert in zip(axes[1:], experts, strict=True):
        panel.set_title(f"{expert}: weighted F1 by epoch", fontsize=10, loc="left")
        panel.xaxis.get_major_locator().set_params(integer=True)
    for panel in axes:
        panel.grid(axis="y", color=GRID)
        panel.tick_params(colors=MUTED, labelsize=9)
        panel.spines[["top", "right"]].set_visible(False)
    axes[0].legend(fontsize=8, frameon=False, loc="best")
    write_whole(path, png_of(figure))
    return path

"""Shows what a search for fusion weights found: tables for people, a plot, and the best point as a file."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from rich.console import Group
from rich.table import Table

from train.plots import BLUE, GRID, INK, MUTED, ORANGE, new_axes, write_figure, write_title
from train.scores import gain_text, weighted_f1
from tune.fusion import FusionSearch
from tune.fusion_point import FusionPoint, fuse
from tune.held_out import HeldOutLogits, halves

SHOWN_POINTS = 8
SWEEP_STEPS = 41


def write_search(search: FusionSearch, held_out: HeldOutLogits, directory: Path, *, seed: int = 0) -> list[Path]:
    """Write `best.json`, `trials.json` and, with two experts or more, `weights.png` into `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    documents = {"best.json": search.best.as_json(), "trials.json": [trial.as_json() for trial in search.trials]}
    written = []
    for name, document in documents.items():
        (directory / name).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        written.append(directory / name)
    if len(held_out.modalities) > 1:
        written.append(write_figure(weight_figure(search, held_out, seed=seed), directory / "weights.png"))
    return written


def search_tables(search: FusionSearch) -> Group:
    """The best trials, and the score before and after on rows that the search never saw."""
    names = list(search.current.weights)
    trials = Table(title=f"Where trials came to, on the {search.searched_rows:,} rows searched", title_justify="left")
    for heading in ("trials", *(f"{name}: weight / T" for name in names), "log-likelihood", "weighted F1"):
        trials.add_column(heading, justify="right")
    # Trials that climbed to the same point are one line.
    points = Counter(
        (*_cells(trial.point, names), f"{trial.log_likelihood:.4f}", f"{trial.weighted_f1:.4f}")
        for trial in search.trials
        if trial.weighted_f1 is not None  # else it was given up on a part of the rows
    )
    for cells, count in list(points.items())[:SHOWN_POINTS]:
        trials.add_row(str(count), *cells)
    result = Table(title=f"On the {search.before.rows:,} rows that no trial saw", title_justify="left")
    for heading in ("", *(f"{name}: weight / T" for name in names), "log-likelihood", "weighted F1", "95 %", "ECE"):
        result.add_column(heading, justify="right")
    for label, point, scores, likelihood in (
        ("now", search.current, search.before, search.log_likelihood_before),
        ("best trial", search.best, search.after, search.log_likelihood_after),
    ):
        result.add_row(
            label,
            *_cells(point, names),
            f"{likelihood:.4f}",
            f"{scores.weighted_f1:.4f}",
            f"{scores.interval[0]:.3f} to {scores.interval[1]:.3f}",
            f"{scores.expected_calibration_error:.3f}",
        )
    likelier = search.log_likelihood_after - search.log_likelihood_before
    verdict = "better" if search.better else "no better than chance would have it; keep the present weights"
    return Group(
        trials,
        result,
        f"Gain in weighted F1 {gain_text(search.gain.weighted_f1, search.gain.interval)}, in log-likelihood "
        f"{gain_text(likelier, search.log_likelihood_gain)}: {verdict}.",
    )


def _cells(point: FusionPoint, names: list[str]) -> list[str]:
    return [f"{point.weights[name]:.2f} / {point.temperatures[name]:.2f}" for name in names]


def weight_figure(search: FusionSearch, held_out: HeldOutLogits, *, seed: int = 0) -> Figure:
    """Weighted F1 by the weight of one expert, the others sharing the rest as in the best trial.

    With text and image experts the weight is that of all text experts together, over the rows that have both: the
    others are answered by one modality alone, whatever its weight.
    """
    halved = dict(zip(("rows searched", "rows no trial saw"), halves(held_out, seed=seed), strict=True))
    paired = len(set(held_out.modalities.values())) > 1 and all(
        (half.situations == 3).any() for half in halved.values()
    )
    if paired:
        halved = {label: half.of(half.situations == 3) for label, half in halved.items()}
        swept = {name for name, modality in held_out.modalities.items() if modality == "text"}
    else:
        swept = {next(iter(held_out.modalities))}
    label = "all text experts together" if paired else next(iter(swept))

    figure, axes = new_axes(8, 4.8, left=0.8, bottom=0.7, top=0.8, right=0.3)
    shares = np.linspace(0, 1, SWEEP_STEPS)
    for (name, half), colour in zip(halved.items(), (MUTED, BLUE), strict=True):
        values = [weighted_f1(fuse(half, at_share(search.best, swept, share)), half.class_index) for share in shares]
        axes.plot(shares, values, color=colour, linewidth=2, label=f"{name} ({len(half.class_index):,})")
    for name, point, colour in (("now", search.current, INK), ("best trial", search.best, ORANGE)):
        axes.axvline(share_of(point, swept), color=colour, linewidth=1.5, linestyle=(0, (4, 3)), label=name)
    ends = [share_of(trial.point, swept) for trial in search.trials]
    axes.plot(ends, np.full(len(ends), 0.015), "|", color=ORANGE, transform=axes.get_xaxis_transform(), markersize=9)
    axes.set(xlim=(0, 1), xlabel=f"weight of {label}", ylabel="weighted F1")
    axes.grid(color=GRID, linewidth=0.8)
    axes.legend(frameon=False, fontsize=9, loc="best")
    write_title(axes, "How the weight moves the score", f"small marks: where each of {len(ends)} trials came to")
    return figure


def share_of(point: FusionPoint, experts: set[str]) -> float:
    """What some experts weigh together."""
    return sum(point.weights[name] for name in experts)


def at_share(point: FusionPoint, experts: set[str], share: float) -> FusionPoint:
    """The point with another weight for some experts together; shares among them and among the others stay."""
    now = share_of(point, experts)
    inside, outside = share / max(now, 1e-9), (1 - share) / max(1 - now, 1e-9)
    weights = {name: weight * (inside if name in experts else outside) for name, weight in point.weights.items()}
    return FusionPoint(weights, point.temperatures)

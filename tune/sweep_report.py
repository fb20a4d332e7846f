"""What a sweep leaves for people and programs: the best options as YAML, all trials as JSON and CSV, and plots."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from rich.console import Group
from rich.table import Table

from train.options import TrainOptions, write_config
from train.plots import BLUE, GRID, INK, MUTED, ORANGE, new_axes, write_figure, write_title
from train.scores import gain_text
from tune.journal import Journal, TrialRecord
from tune.space import Choice, Space, options_at
from tune.verdict import Verdict

BEST = "best.yaml"
PANELS = 3
"""Plots of parameters side by side."""


def write_trials(journal: Journal, space: Space) -> list[Path]:
    """Write `trials.json` and `trials.csv`, however far the trials came."""
    as_json, as_csv = journal.directory / "trials.json", journal.directory / "trials.csv"
    document = [trial.as_json() for trial in journal.trials]
    as_json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    columns = ("trial", "state", "score", "macro_f1", "budget", "seconds")
    with as_csv.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, *space])
        for trial, plain in zip(journal.trials, document, strict=True):
            writer.writerow([*(plain[name] for name in columns), *(trial.point[name] for name in space)])
    return [as_json, as_csv]


def write_sweep(
    journal: Journal, space: Space, options: TrainOptions, best: TrialRecord, verdict: Verdict
) -> list[Path]:
    """Write all of a sweep that has ended: `best.yaml`, `report.json`, trials and plots.

    Args:
        options: that `best.yaml` holds with the best settings in place of their own.
    """
    directory = journal.directory
    write_config(options_at(options, best.point), directory / BEST)
    report = {"best_trial": best.number, "parameters": best.point, **verdict.as_json()}
    (directory / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return [
        directory / BEST,
        directory / "report.json",
        *write_trials(journal, space),
        write_figure(history_figure(journal.trials), directory / "history.png"),
        write_figure(parameters_figure(journal.trials, space, best), directory / "parameters.png"),
    ]


def history_figure(trials: Sequence[TrialRecord]) -> Figure:
    """Score of each trial, pruned ones apart, and the best so far of those that ran to their end."""
    figure, axes = new_axes(8, 4.4, left=0.8, bottom=0.7, top=0.8, right=0.3)
    scored = [trial for trial in trials if trial.score is not None]
    for whole, colour, label in ((False, MUTED, "pruned"), (True, BLUE, "ran to the end")):
        own = [trial for trial in scored if (trial.state == "finished") == whole]
        axes.plot(
            [trial.number for trial in own],
            [trial.score or 0 for trial in own],
            "o" if whole else "x",
            color=colour,
            markersize=6,
            label=f"{label} ({len(own)})",
        )
    finished = [trial for trial in scored if trial.state == "finished"]
    best = np.maximum.accumulate([trial.score or 0 for trial in finished]).tolist()
    places = [trial.number for trial in finished]
    last = max((trial.number for trial in trials), default=0)
    axes.step([*places, last], [*best, *best[-1:]], where="post", color=ORANGE, linewidth=2, label="best so far")
    axes.set(xlabel="trial (0 has the default settings)", ylabel="weighted F1")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(color=GRID, linewidth=0.8)
    axes.legend(frameon=False, fontsize=9, loc="lower right", bbox_to_anchor=(1, 1.08), ncols=3)
    gain = f"{finished[0].score or 0:.4f} to {best[-1]:.4f}" if finished else "none ran to its end"
    write_title(axes, "How the search went", f"weighted F1 on the rows that trials are judged on: {gain}")
    return figure


def parameters_figure(trials: Sequence[TrialRecord], space: Space, best: TrialRecord) -> Figure:
    """Score by each setting, one panel a setting."""
    columns = min(PANELS, len(space))
    lines = -(-len(space) // columns)
    width, height = 0.9 + 3.4 * columns, 1.0 + 2.9 * lines
    figure, first = new_axes(width, height, left=0.8, bottom=0.6, top=1.0, right=0.3)
    first.set_axis_off()
    write_title(first, "What each setting does to the score", "weighted F1; pruned trials are crosses, the best orange")
    shared = None
    for place, (name, values) in enumerate(space.items()):
        line, column = divmod(place, columns)
        box = (0.8 + 3.4 * column, height - 1.0 - 2.9 * (line + 1) + 0.65, 2.75, 2.1)
        axes = figure.add_axes(
            (box[0] / width, box[1] / height, box[2] / width, box[3] / height), sharey=shared, label=name
        )
        shared = shared or axes
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        places = {value: at for at, value in enumerate(values.values)} if isinstance(values, Choice) else None
        for trial in trials:
            if trial.score is None:
                continue
            x = trial.point[name] if places is None else places[int(trial.point[name])]
            colour = ORANGE if trial is best else BLUE if trial.state == "finished" else MUTED
            mark = "o" if trial.state == "finished" else "x"
            axes.plot([x], [trial.score], mark, color=colour, markersize=8 if trial is best else 5)
        if places is not None:
            axes.set_xticks(list(places.values()), ["auto" if value == 0 else str(value) for value in places])
        elif not isinstance(values, Choice) and values.log:
            axes.set_xscale("log")
        axes.tick_params(colors=INK, labelsize=8)
        axes.set_xlabel(name, color=MUTED, fontsize=9)
        axes.grid(color=GRID, linewidth=0.8)
    return figure


def sweep_tables(journal: Journal, space: Space, best: TrialRecord, verdict: Verdict) -> Group:
    """The best trials, and default against best on rows that no trial saw."""
    trials = Table(title="Best trials, on the rows that trials are judged on", title_justify="left")
    for heading in ("trial", "weighted F1", "macro F1", *space):
        trials.add_column(heading, justify="right")
    whole = [trial for trial in journal.trials if trial.state == "finished" and trial.last]
    for trial in sorted(whole, key=lambda trial: -(trial.score or 0))[:5]:
        cells = (number_text(trial.point[name]) for name in space)
        last = trial.last
        trials.add_row(str(trial.number), f"{trial.score:.4f}", f"{last.macro_f1:.4f}" if last else "", *cells)
    result = Table(title=f"On the {verdict.best.rows:,} rows that no trial saw", title_justify="left")
    for heading in ("", "weighted F1", "95 %", "macro F1", "accuracy", "ECE"):
        result.add_column(heading, justify="right")
    for label, scores in (("default settings", verdict.default), (f"trial {best.number}", verdict.best)):
        low, high = scores.interval
        result.add_row(
            label,
            f"{scores.weighted_f1:.4f}",
            f"{low:.3f} to {high:.3f}",
            f"{scores.macro_f1:.4f}",
            f"{scores.accuracy:.4f}",
            f"{scores.expected_calibration_error:.3f}",
        )
    said = "better" if verdict.better else "no better than chance would have it; the defaults will do"
    gain = gain_text(verdict.gain.weighted_f1, verdict.gain.interval)
    return Group(trials, result, f"Gain in weighted F1 {gain}: {said}.")


def number_text(value: float) -> str:
    """A setting as short as it can be told."""
    return f"{value:.3g}"

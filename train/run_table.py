"""Runs as tables and JSON: one a line, one in full, several side by side."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.table import Table

from train.flat import flat
from train.run import Run
from train.run_record import RunRecord

PARTS = ("text", "image", "fusion")
COMPARED = ("weighted_f1", "macro_f1", "accuracy", "expected_calibration_error")
EMPTY = "–"


def run_json(run: Run) -> dict[str, Any]:
    """A run as `rayonnage runs --json` lists it."""
    record = run.record
    return {
        "run": record.run,
        "command": record.command,
        "state": record.state,
        "started": record.started,
        "seconds": record.seconds,
        "rows": record.rows,
        "experts": experts_of(record),
        "scores": {
            part: {name: scores[name] for name in ("weighted_f1", "macro_f1")}
            for part in PARTS
            if (scores := record.metrics.get(part))
        },
        "version": record.version or None,
        "champion": record.champion,
        "reason": record.reason,
        "resumable": run.resumable and record.state in ("stopped", "failed"),
        "folder": str(run.directory),
    }


def runs_table(runs: Sequence[Run]) -> Table:
    """One run a line; scores are weighted F1 / macro F1 on held-out rows."""
    table = Table(box=None, pad_edge=False)
    for name in ("run", "state", "started"):
        table.add_column(name, no_wrap=True)
    for name in ("minutes", "rows"):
        table.add_column(name, justify="right")
    table.add_column("experts")
    for part in PARTS:
        table.add_column(part, justify="right", no_wrap=True)
    table.add_column("version", no_wrap=True)
    for run in runs:
        record = run.record
        table.add_row(
            record.run,
            record.state,
            f"{_when(record.started):%Y-%m-%d %H:%M}",
            f"{record.seconds / 60:.1f}",
            str(record.rows or EMPTY),
            " ".join(experts_of(record)),
            *(_scores(record, part) for part in PARTS),
            record.version or EMPTY,
        )
    return table


def run_tables(run: Run) -> list[Table]:
    """A run in full: what it was, its options, its epochs, its scores."""
    record = run.record
    facts = {
        "run": record.run,
        "command": record.command,
        "state": record.state + (f": {record.reason}" if record.reason else ""),
        "started": f"{_when(record.started):%Y-%m-%d %H:%M:%S} UTC",
        "minutes": f"{record.seconds / 60:.1f}",
        "data": ", ".join(record.data),
        "rows": str(record.rows or EMPTY),
        "fingerprint": record.fingerprint or EMPTY,
        "git commit": record.git_commit or EMPTY,
        "version": (record.version or EMPTY) + (", made champion" if record.champion else ""),
        "folder": str(run.directory),
        **{f"note {number}": note for number, note in enumerate(record.notes, 1)},
    }
    tables = [_two_columns(facts), _two_columns(flat(record.options), title="options")]
    for expert, epochs in record.epochs.items():
        names = list(dict.fromkeys(name for epoch in epochs for name in epoch))
        table = Table(*names, box=None, pad_edge=False, title=f"epochs of {expert}", title_justify="left")
        for epoch in epochs:
            table.add_row(*(_figure(epoch.get(name)) for name in names))
        tables.append(table)
    if record.metrics:
        table = Table("held-out rows", *COMPARED, box=None, pad_edge=False, title="scores", title_justify="left")
        for part in PARTS:
            if scores := record.metrics.get(part):
                table.add_row(f"{part} ({scores['rows']})", *(_figure(scores.get(name)) for name in COMPARED))
        tables.append(table)
    return tables


def comparison(runs: Sequence[Run]) -> dict[str, Any]:
    """What tells runs apart, as `rayonnage runs compare --json` prints it.

    Returns:
        `options` that differ, `metrics` by part and name, and `data` and `git_commit`: each maps to one value a run, in
        the order of `runs`, None where a run has none.
    """
    records = [run.record for run in runs]
    options = [flat(record.options) for record in records]
    names = list(dict.fromkeys(name for each in options for name in each))
    values = {name: [each.get(name) for each in options] for name in names}
    metrics = {
        f"{part}/{name}": [(record.metrics.get(part) or {}).get(name) for record in records]
        for part in PARTS
        for name in ("rows", *COMPARED)
    }
    return {
        "runs": [record.run for record in records],
        "state": [record.state for record in records],
        "version": [record.version or None for record in records],
        "seconds": [record.seconds for record in records],
        "fingerprint": [record.fingerprint or None for record in records],
        "git_commit": [record.git_commit or None for record in records],
        "options": {name: each for name, each in values.items() if len(set(each)) > 1},
        "metrics": {name: each for name, each in metrics.items() if any(value is not None for value in each)},
    }


def comparison_tables(compared: dict[str, Any]) -> list[Table]:
    """`comparison` for people; the best of each score is marked."""
    facts = Table("", *compared["runs"], box=None, pad_edge=False)
    for name in ("state", "version", "seconds", "fingerprint", "git_commit"):
        shown = [EMPTY if value is None else str(value)[:20] for value in compared[name]]
        facts.add_row(name.replace("_", " "), *shown)
    options = Table("options that differ", *compared["runs"], box=None, pad_edge=False)
    for name, values in compared["options"].items():
        options.add_row(name, *(EMPTY if value is None else value for value in values))
    scores = Table("scores on held-out rows", *compared["runs"], box=None, pad_edge=False)
    for name, values in compared["metrics"].items():
        best = _best(name, values)
        cells = [_figure(value) + (" *" if place in best else "") for place, value in enumerate(values)]
        scores.add_row(name.replace("_", " "), *cells)
    return [facts, options if compared["options"] else Table("no option differs", box=None, pad_edge=False), scores]


def experts_of(record: RunRecord) -> list[str]:
    """Names of the experts that were asked for."""
    return [name for modality in ("text", "image") for name in record.options.get(modality) or ()]


def _best(name: str, values: Sequence[float | None]) -> set[int]:
    known = [value for value in values if value is not None]
    if name.endswith("/rows") or len(set(known)) < 2:
        return set()
    best = min(known) if name.endswith("error") else max(known)
    return {place for place, value in enumerate(values) if value == best}


def _scores(record: RunRecord, part: str) -> str:
    scores = record.metrics.get(part)
    return f"{scores['weighted_f1']:.3f} / {scores['macro_f1']:.3f}" if scores else EMPTY


def _figure(value: float | None) -> str:
    if value is None:
        return EMPTY
    return f"{value:.0f}" if float(value).is_integer() and abs(value) >= 1 else f"{value:.4g}"


def _two_columns(rows: dict[str, str], *, title: str | None = None) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, title=title, title_justify="left")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _when(started: str) -> datetime:
    return datetime.fromisoformat(started)

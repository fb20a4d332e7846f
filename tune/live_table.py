"""Shows how trials come along: a table that changes in a terminal, else a line for each trial that has ended."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from tune.journal import TrialRecord
from tune.space import Space
from tune.sweep import Watch
from tune.sweep_report import number_text

SHOWN = 20
COLOURS = {"running": "cyan", "finished": "green", "pruned": "bright_black", "diverged": "yellow", "failed": "red"}


@contextmanager
def live_table(space: Space, *, trials: int, console: Console) -> Iterator[Watch]:
    """A `Watch` that draws on a console."""
    if not console.is_terminal:
        yield _lines(console, trials)
        return
    with Live(trial_table([], space, trials=trials), console=console, refresh_per_second=4) as live:
        yield lambda records: live.update(trial_table(records, space, trials=trials))


def trial_table(records: Sequence[TrialRecord], space: Space, *, trials: int) -> Table:
    """What runs, and the latest of what has ended."""
    ended = sum(record.state != "running" for record in records)
    best = max((r.score or 0 for r in records if r.state == "finished"), default=None)
    title = f"{ended} of {trials} trials" + (f", best {best:.4f}" if best is not None else "")
    table = Table(title=title, title_justify="left")
    for heading in ("trial", "state", "budget", "weighted F1", *space):
        table.add_column(heading, justify="right")
    for record in records[-SHOWN:]:
        budget = f"{record.last.budget} %" if record.last else ""
        score = f"{record.score:.4f}" if record.score is not None else ""
        state = f"[{COLOURS[record.state]}]{record.state}[/]"
        table.add_row(str(record.number), state, budget, score, *(number_text(record.point[name]) for name in space))
    return table


def _lines(console: Console, trials: int) -> Watch:
    told: set[int] | None = None

    def watch(records: Sequence[TrialRecord]) -> None:
        nonlocal told
        ended = [record for record in records if record.state != "running"]
        if told is None:  # what had ended before a stop was told then
            told = {record.number for record in ended}
        for record in ended:
            if record.number not in told:
                told.add(record.number)
                settings = ", ".join(f"{name} {number_text(value)}" for name, value in record.point.items())
                score = f"{record.score:.4f}" if record.score is not None else record.reason
                budget = f" at {record.last.budget} %" if record.last and record.state != "finished" else ""
                line = f"trial {record.number} ({len(ended)} of {trials}) {record.state}{budget}: {score}; {settings}"
                console.print(line, highlight=False, soft_wrap=True)

    return watch

"""Shows an ablation: as a table for people, as Markdown for the documentation, as JSON for programs."""

from typing import Any

from rich.table import Table

from bench.baseline import NAME
from bench.way import BOTH, FUSED, Ways, WayScores

HEADINGS = ("", "rows", "weighted F1", "95 %", "macro F1", "ECE before", "after", "sets hold", "of", "seconds")


def as_table(ways: Ways) -> Table:
    """A row a way."""
    table = Table(*HEADINGS)
    for column in table.columns[1:]:
        column.justify = "right"
    for name in ways.answers:
        table.add_row(*_cells(name, ways.score(name)))
    return table


def as_markdown(ways: Ways) -> str:
    """The table and the lines below it, ready to be pasted."""
    lines = [HEADINGS, ("---", *["---:"] * (len(HEADINGS) - 1))]
    lines += [_cells(name, ways.score(name)) for name in ways.answers]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return "\n\n".join([table, *gain_lines(ways)])


def as_json(ways: Ways) -> dict[str, Any]:
    """`ways` by name, and `gains`: paired differences of weighted F1."""
    return {
        "ways": {name: _document(ways.score(name)) for name in ways.answers},
        "gains": [{"of": name, "over": over, **ways.gain(name, over).as_json()} for name, over in compared(ways)],
    }


def compared(ways: Ways) -> list[tuple[str, str]]:
    """Pairs of ways over the same rows that one wants to know the difference of."""
    pairs = []
    if NAME in ways.answers:
        rows = len(ways.joined(NAME).class_index)
        texts = [name for name in ways.answers if name != NAME and not name.startswith(BOTH) and name != FUSED]
        pairs += [(name, NAME) for name in texts if len(ways.joined(name).class_index) == rows and _reads_text(name)]
    if f"{BOTH}{FUSED}" in ways.answers:
        better = max(("text", "image"), key=lambda m: ways.score(f"{BOTH}{m}").scores.weighted_f1)
        pairs.append((f"{BOTH}{FUSED}", f"{BOTH}{better}"))
    return pairs


def _reads_text(name: str) -> bool:
    from train.options import MODALITY

    return MODALITY[name.split(" + ")[0]] == "text"


def gain_lines(ways: Ways) -> list[str]:
    """A sentence for each pair of `compared`."""
    lines = []
    for name, over in compared(ways):
        gain = ways.gain(name, over)
        low, high = gain.interval
        lines.append(
            f"{name} minus {over.removeprefix(BOTH)}: {gain.weighted_f1:+.3f} (95 % {low:+.3f} to {high:+.3f})"
        )
    return lines


def _cells(name: str, way: WayScores) -> tuple[str, ...]:
    low, high = way.scores.interval
    return (
        name,
        f"{way.scores.rows:,}",
        f"{way.scores.weighted_f1:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{way.scores.macro_f1:.3f}",
        _number(way.error_before, ".3f"),
        _number(way.error_after, ".3f"),
        _number(way.coverage, ".1%"),
        _number(way.set_size, ".1f"),
        _number(way.seconds, ",.0f"),
    )


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _document(way: WayScores) -> dict[str, Any]:
    document = {
        **way.scores.as_json(),
        "calibration_error_before": way.error_before,
        "calibration_error_after": way.error_after,
        "conformal_coverage": way.coverage,
        "conformal_size": way.set_size,
        "seconds": way.seconds,
    }
    if way.error_after is None:  # margins are no probabilities
        del document["expected_calibration_error"]
    return document

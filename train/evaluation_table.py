"""Shows an evaluation to people: a table of the parts, and the categories with the worst first."""

from rich.console import Group, RenderableType
from rich.table import Table

from train.evaluation import PARTS, Evaluation, Part
from train.scores import Scores, category_scores

PART_NAMES: dict[Part, str] = {"text": "text alone", "image": "photo alone", "fusion": "fused"}


def evaluation_tables(evaluation: Evaluation) -> Group:
    """Everything `rayonnage evaluate` prints."""
    shown: list[RenderableType] = [_parts(evaluation)]
    if evaluation.trained_on:
        shown.append(
            "[bold]These are the data it was trained on, so the scores flatter it.[/bold] "
            "Its scores on held-out rows are those that `rayonnage train` told."
        )
    if evaluation.paired is not None:
        gain = evaluation.paired.gain
        low, high = gain.interval
        over = PART_NAMES[evaluation.paired.over]
        shown.append(f"On rows with both, fused minus {over}: {gain.weighted_f1:+.3f} (95 % {low:+.3f} to {high:+.3f})")
    if evaluation.conformal_coverage is not None:
        shown.append(
            f"Proposed sets hold the true category {evaluation.conformal_coverage:.1%} of the time, "
            f"with {evaluation.conformal_size:.1f} categories on average"
        )
    shown.append(_categories(evaluation))
    if evaluation.unknown_codes:
        codes = ", ".join(map(str, evaluation.unknown_codes))
        shown.append(f"Codes that {evaluation.version} does not know, counted as wrong: {codes}")
    if evaluation.unanswered:
        shown.append(f"{len(evaluation.unanswered)} rows bring nothing that {evaluation.version} reads; not scored")
    return Group(*shown)


def _parts(evaluation: Evaluation) -> Table:
    table = Table(title=f"Version {evaluation.version}", title_justify="left")
    table.add_column("")
    for heading in ("rows", "weighted F1", "95 %", "macro F1", "accuracy", "ECE"):
        table.add_column(heading, justify="right")
    for part in PARTS:
        _add(table, PART_NAMES[part], evaluation.scores[part])
    if evaluation.paired is not None:
        table.add_section()
        for part in PARTS:
            _add(table, f"{PART_NAMES[part]}, rows with both", evaluation.paired.scores[part])
    return table


def _add(table: Table, label: str, scores: Scores | None) -> None:
    if scores is None:
        table.add_row(label, "0", *["–"] * 5, style="dim")
        return
    low, high = scores.interval
    table.add_row(
        label,
        f"{scores.rows:,}",
        f"[bold]{scores.weighted_f1:.3f}[/bold]",
        f"{low:.3f} to {high:.3f}",
        f"{scores.macro_f1:.3f}",
        f"{scores.accuracy:.3f}",
        f"{scores.expected_calibration_error:.3f}",
    )


def _categories(evaluation: Evaluation) -> Table:
    scores = category_scores(evaluation.votes.probabilities["fusion"], evaluation.class_index)
    table = Table(title="Categories by the fused answer, worst first", title_justify="left")
    table.add_column("code", justify="right")
    table.add_column("category", overflow="ellipsis", no_wrap=True)
    for heading in ("rows", "precision", "recall", "F1"):
        table.add_column(heading, justify="right")
    table.add_column("most often taken for", overflow="ellipsis", no_wrap=True)
    present = [index for index in range(len(evaluation.categories)) if scores.rows[index]]
    for index in sorted(present, key=lambda index: scores.f1[index]):
        category, wrong = evaluation.categories[index], int(scores.mistaken_for[index])
        taken = evaluation.categories[wrong] if wrong >= 0 else None
        table.add_row(
            str(category.prdtypecode),
            _plain(category.name_en),
            f"{scores.rows[index]:,}",
            f"{scores.precision[index]:.2f}",
            f"{scores.recall[index]:.2f}",
            f"{scores.f1[index]:.2f}",
            f"{taken.prdtypecode} {_plain(taken.name_en)}" if taken else "",
        )
    return table


def _plain(name: str) -> str:
    """A name in which square brackets are no markup."""
    return name.replace("[", r"\[")

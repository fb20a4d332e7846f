"""A batch under way and its results: those to check first."""

from collections.abc import Sequence
from html import escape

from ui.batch import Sorted
from ui.markup.part import table_html
from ui.record import FileIssue
from ui.texts.shape import Texts

SHOWN = 100
UNSURE_BELOW = 0.5


def progress_html(done: int, total: int, texts: Texts) -> str:
    """A bar that says how far the batch is."""
    said = escape(texts.batch.progress.format(done=texts.number(done), total=texts.number(total)))
    return (
        f'<div class="progress"><progress max="{max(total, 1)}" value="{done}" aria-label="{said}"></progress>'
        f"<p>{said}</p></div>"
    )


def summary_html(results: Sequence[Sorted], issues: Sequence[FileIssue], notes: Sequence[str], texts: Texts) -> str:
    """How it went, with every line that was set aside and why."""
    said = texts.batch
    sorted_well = sum(result.prediction is not None for result in results)
    refused = [FileIssue(line=r.listing.line, reason=r.note) for r in results if r.prediction is None]
    aside = sorted([*issues, *refused], key=lambda issue: issue.line)
    done = f'<p class="note good">{escape(said.done.format(count=texts.number(sorted_well)))}</p>'
    more = "".join(f'<p class="note warn">{escape(note)}</p>' for note in notes)
    if not aside:
        return done + more
    items = "".join(
        f"<li>{escape(said.line.format(line=issue.line))} : {_reason(issue, texts)}</li>" for issue in aside[:SHOWN]
    )
    heading = escape(said.set_aside.format(count=texts.number(len(aside))))
    return f'{done}{more}<details class="aside" open><summary>{heading}</summary><ul>{items}</ul></details>'


def _reason(issue: FileIssue, texts: Texts) -> str:
    """In the reader's language where that is known, else in the API's own words."""
    known = texts.batch.reasons.get(issue.kind)
    return escape(known) if known else f'<span lang="en">{escape(issue.reason)}</span>'


def results_html(results: Sequence[Sorted], texts: Texts) -> str:
    """The least sure first."""
    said = texts.batch
    answered = [(result, result.prediction) for result in results if result.prediction is not None]
    answered.sort(key=lambda pair: pair[1].probability)
    if not answered:
        return ""
    rows = []
    for result, prediction in answered[:SHOWN]:
        unsure = prediction.probability < UNSURE_BELOW
        flag = f' <span class="badge unsure">{escape(said.unsure)}</span>' if unsure else ""
        note = f'<br><small class="fault">{escape(result.note)}</small>' if result.note else ""
        second = prediction.categories[1] if len(prediction.categories) > 1 else None
        rows.append(
            [
                str(result.listing.line),
                f"{escape(result.listing.designation[:120] or result.listing.image or '')}{note}",
                f"{escape(texts.name(prediction))} <small>{prediction.prdtypecode}</small>",
                f"{escape(texts.percent(prediction.probability))}{flag}",
                f"{escape(texts.name(second))} <small>{escape(texts.percent(second.probability))}</small>"
                if second
                else "–",
            ]
        )
    table = table_html(list(said.columns.values()), rows, caption=said.results, numbers=[0, 3])
    shown = said.results_shown.format(shown=texts.number(len(rows)), total=texts.number(len(answered)))
    below = f'<p class="advice">{escape(shown)}</p>' if len(answered) > len(rows) else ""
    return f"<h3>{escape(said.results)}</h3>{table}{below}"

"""Small parts that several tabs show."""

import base64
from collections.abc import Sequence
from datetime import datetime
from html import escape

from ui.texts.shape import Texts


def bar(name: str, probability: float, texts: Texts) -> str:
    """A line of a ranking: a name, a share, and the share as a bar."""
    return (
        f'<li><span class="name">{escape(name)}</span> <span class="value">{escape(texts.percent(probability))}</span>'
        f'<span class="track" aria-hidden="true"><i style="width:{probability:.2%}"></i></span></li>'
    )


def problem_html(sentence: str, *, detail: str = "") -> str:
    """One sentence where it went wrong, and the API's own reason below it, which is in English."""
    reason = f'<small lang="en">{escape(detail)}</small>' if detail else ""
    return f'<p class="note bad">{escape(sentence)}{reason}</p>'


def good_html(sentence: str) -> str:
    """One sentence that says that it is done."""
    return f'<p class="note good">{escape(sentence)}</p>'


def hint_html(sentence: str) -> str:
    """What to do where there is nothing to see yet."""
    return f'<p class="hint">{escape(sentence)}</p>'


def heading_html(text: str, *, advice: str = "") -> str:
    """A heading, and a line below it."""
    below = f'<p class="advice">{escape(advice)}</p>' if advice else ""
    return f"<h2>{escape(text)}</h2>{below}"


def moment_html(at: datetime, texts: Texts) -> str:
    """A time in UTC; the page writes it in the reader's own time zone."""
    return f'<time datetime="{at.isoformat()}">{escape(texts.moment(at))} UTC</time>'


def photo_html(jpeg: bytes | None, *, described: str, none: str) -> str:
    """A thumbnail, inside the page itself: a photo is shown to nobody who may not see it."""
    if jpeg is None:
        return f'<span class="thumb none"><span class="unseen">{escape(none)}</span></span>'
    data = base64.b64encode(jpeg).decode()
    return f'<img class="thumb" alt="{escape(described)}" src="data:image/jpeg;base64,{data}">'


def table_html(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, numbers: Sequence[int] = ()
) -> str:
    """A table that scrolls sideways inside itself where the screen is narrow.

    Args:
        rows: cells as HTML.
        numbers: places of the columns that hold numbers.
    """
    head = "".join(f'<th scope="col"{_number(at, numbers)}>{escape(name)}</th>' for at, name in enumerate(columns))
    body = "".join(
        "<tr>" + "".join(f"<td{_number(at, numbers)}>{cell}</td>" for at, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f'<caption class="unseen">{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _number(at: int, numbers: Sequence[int]) -> str:
    return ' class="number"' if at in numbers else ""

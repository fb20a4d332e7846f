"""The answer as HTML: plain lists that a screen reader reads in order, drawn as bars.

Everything that comes from outside (names, versions, details) is escaped here.
"""

from collections.abc import Sequence
from html import escape

from ui.markup.part import bar
from ui.record import Category, Modality, Prediction, RankedCategory, Served
from ui.texts.shape import Texts

SHOWN = 5
"""Ranked shelves that are in sight; the rest is one click away."""

LATER = 10
VOTED = 3

ICONS: dict[Modality, str] = {
    "text": '<path d="M4 5h16M4 10h16M4 15h10M4 20h7"/>',
    "image": '<rect x="3" y="5" width="18" height="14" rx="2"/><circle cx="9" cy="10" r="1.6"/>'
    '<path d="M4 17l5-4 4 3 3-3 4 4"/>',
}


def answer_html(prediction: Prediction, served: Served | None, texts: Texts) -> str:
    """The proposed shelf, the ranked ones, and each modality's own vote."""
    degraded = "".join(f'<p class="note warn">{escape(texts.degraded[name])}</p>' for name in prediction.degraded)
    best = (
        f'<div class="best"><div><p class="kicker">{escape(texts.best)}</p>'
        f'<h2>{escape(texts.name(prediction))} <span class="code">{prediction.prdtypecode}</span></h2></div>'
        f'<p class="sure">{escape(texts.percent(prediction.probability))} '
        f"<small>{escape(texts.probability)}</small></p></div>"
    )
    votes = "".join(_vote(prediction, name, texts) for name in ("text", "image"))
    meta = texts.meta.format(version=prediction.version, elapsed=texts.milliseconds(prediction.elapsed_ms))
    return (
        f'<section class="answer" aria-label="{escape(texts.answer)}">{best}{degraded}'
        f"<h3>{escape(texts.ranking)}</h3>{_ranking(prediction, served, texts)}"
        f'<h3>{escape(texts.why)}</h3><div class="votes">{votes}</div>'
        f'<p class="meta">{escape(meta)}</p></section>'
    )


def empty_html(texts: Texts) -> str:
    """What stands where the answer will be."""
    shelf = (
        '<svg viewBox="0 0 120 84" aria-hidden="true">'
        '<g class="shelf"><path d="M8 40h104M8 78h104M12 4v76M108 4v76"/></g>'
        '<g class="things"><rect x="22" y="18" width="9" height="22" rx="1.5"/>'
        '<rect x="33" y="14" width="9" height="26" rx="1.5"/><rect x="44" y="20" width="9" height="20" rx="1.5"/>'
        '<circle cx="88" cy="29" r="11"/><rect x="24" y="56" width="26" height="22" rx="3"/></g>'
        '<rect class="gap" x="64" y="50" width="32" height="28" rx="4"/></svg>'
    )
    return (
        f'<section class="empty" aria-label="{escape(texts.answer)}">{shelf}'
        f"<h2>{escape(texts.empty_heading)}</h2><p>{escape(texts.empty_advice)}</p></section>"
    )


def _ranking(prediction: Prediction, served: Served | None, texts: Texts) -> str:
    """The conformal set first, in a frame that says what it promises; then what is less likely."""
    codes = set(prediction.category_set.prdtypecodes) if prediction.category_set else set()
    kept_set = prediction.category_set
    coverage = _lower(kept_set.coverage, kept_set.measured) if kept_set else None
    synthetic = served is not None and served.synthetic
    unmeasured = kept_set is None or kept_set.measured is None
    # A model that has seen no real listing promises nothing that was not measured.
    if not codes or coverage is None or (synthetic and unmeasured):
        return _bars(prediction.categories, texts, shown=SHOWN)
    kept = [category for category in prediction.categories if category.prdtypecode in codes]
    others = [category for category in prediction.categories if category.prdtypecode not in codes]
    wording = texts.promise_one if len(codes) == 1 else texts.promise
    promise = escape(wording.format(count=len(codes), coverage=texts.percent(coverage)))
    if kept_set is not None and kept_set.measured is not None:
        wording = texts.promise_synthetic if synthetic else texts.promise_measured
        promise += f" <small>({escape(wording.format(measured=texts.percent(kept_set.measured)))})</small>"
    rest = _bars(others, texts, shown=max(2, SHOWN - len(kept))) if others else ""
    return f'<div class="set"><p class="promise">{promise}</p>{_bars(kept, texts, shown=SHOWN + 1)}</div>{rest}'


def _lower(promised: float | None, measured: float | None) -> float | None:
    """The share that may be claimed: the measured one where the promise does not hold."""
    return promised if promised is None or measured is None else min(promised, measured)


def _bars(categories: Sequence[RankedCategory], texts: Texts, *, shown: int) -> str:
    rows = [bar(texts.name(category), category.probability, texts) for category in categories]
    if len(rows) == shown + 1:  # a click to see one more line is a click too many
        shown += 1
    later = rows[shown : shown + LATER]
    bars = f'<ol class="bars">{"".join(rows[:shown])}</ol>'
    if not later:
        return bars
    more = escape(texts.more.format(count=len(later)))
    return f'{bars}<details><summary>{more}</summary><ol class="bars">{"".join(later)}</ol></details>'


def _vote(prediction: Prediction, modality: Modality, texts: Texts) -> str:
    """One modality's card: its weight and its own first shelves, or the sentence that says why it has no say."""
    vote = prediction.votes.get(modality)
    icon = f'<svg viewBox="0 0 24 24" aria-hidden="true">{ICONS[modality]}</svg>'
    heading = f"<h4>{icon}{escape(texts.votes[modality])}"
    if vote is None:
        reasons = ((prediction.absent, texts.absent), (prediction.degraded, texts.degraded))
        sentence = next((words[modality] for listed, words in reasons if modality in listed), texts.silent[modality])
        return f'<div class="vote {modality} off">{heading}</h4><p>{escape(sentence)}</p></div>'
    names: dict[int, Category] = {category.prdtypecode: category for category in prediction.categories}
    rows = "".join(
        bar(
            texts.name(names[voted.prdtypecode]) if voted.prdtypecode in names else str(voted.prdtypecode),
            voted.probability,
            texts,
        )
        for voted in vote.categories[:VOTED]
    )
    weight = escape(texts.weight.format(percent=texts.percent(vote.weight)))
    return (
        f'<div class="vote {modality}">{heading} <span class="weight">{weight}</span></h4>'
        f'<ol class="bars">{rows}</ol></div>'
    )

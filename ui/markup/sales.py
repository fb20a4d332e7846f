"""The figures of recent sales, as cards."""

from html import escape

from ui.markup.part import hint_html
from ui.sales_record import Drift, RecentSales
from ui.texts.shape import Texts


def figures_html(sales: RecentSales, texts: Texts, *, narrowed: bool) -> str:
    """A card a figure; where nothing was sold, what to do.

    Args:
        narrowed: a period or a category was chosen, and may be what leaves nothing.
    """
    said = texts.sales
    if sales.rows == 0:
        return hint_html(said.empty_window if narrowed else said.empty)
    low, high = sales.interval or (0.0, 1.0)
    coverage = sales.coverage
    cards = [
        _card(said.sales, texts.number(sales.rows), ""),
        _card(
            said.weighted_f1,
            _percent(sales.weighted_f1, texts),
            said.interval.format(low=texts.percent(low), high=texts.percent(high)),
        ),
        _card(said.accuracy, _percent(sales.accuracy, texts), said.accuracy_hint),
        _card(said.acceptance, _percent(sales.acceptance.rate, texts), said.acceptance_hint),
        _card(
            said.coverage.format(threshold=texts.percent(coverage.threshold)),
            _percent(coverage.share, texts),
            said.coverage_hint.format(accuracy=_percent(coverage.accuracy, texts)),
        ),
    ]
    if sales.drift is not None:
        cards.append(_drift(sales.drift, texts))
    return f'<dl class="figures">{"".join(cards)}</dl>'


def _card(name: str, value: str, hint: str) -> str:
    below = f"<small>{escape(hint)}</small>" if hint else ""
    return f"<div><dt>{escape(name)}</dt><dd><strong>{escape(value)}</strong>{below}</dd></div>"


def _percent(share: float | None, texts: Texts) -> str:
    return "–" if share is None else texts.percent(share)


def _drift(drift: Drift, texts: Texts) -> str:
    said = texts.sales
    index, by_chance = drift.population_stability_index, drift.by_chance
    if index is None or by_chance is None:
        waits = said.drift_waits.format(needed=drift.rows_needed, rows=drift.rows, before=drift.rows_before)
        return _card(said.drift, "–", waits)
    hint = said.drift_hint.format(index=texts.number(index, digits=2), chance=texts.number(by_chance, digits=2))
    return _card(said.drift, said.drift_moved if index > by_chance else said.drift_calm, hint)

"""Scores recent sales: what was predicted against the category that the products have now."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from bundle.manifest import CategoryEntry
from bundle.scores import agreement, counts, f1_of, weighted_f1_of
from serve_app.sales.drift import ROWS_NEEDED, index_by_chance, stability_index
from serve_app.sales.record import (
    Acceptance,
    CategorySales,
    Confusion,
    ConfusionCell,
    Coverage,
    Drift,
    RecentSales,
    SalesStep,
)
from serve_app.sales.window import Window, read_window

MOST_CONFUSIONS = 20


def recent_sales(
    session: Session,
    categories: Sequence[CategoryEntry],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 1000,
    threshold: float = 0.8,
    prdtypecode: int | None = None,
) -> RecentSales:
    """Scores over the newest sales of a window.

    Args:
        categories: where names come from; a code that is not among them is shown as its number.
        since, until: from this moment on, and before that one.
        limit: sales at most.
        threshold: probability from which a prediction counts as covered.
        prdtypecode: only sales that were predicted or chosen as this category.
    """
    window = read_window(session, since=since, until=until, limit=limit, threshold=threshold, prdtypecode=prdtypecode)
    names = {category.prdtypecode: category for category in categories}
    right = window.predicted == window.chosen
    codes, columns = np.unique(np.concatenate([window.chosen, window.predicted]), return_inverse=True)
    chosen, predicted = np.split(columns, 2)
    scores = agreement(chosen, predicted) if len(chosen) else None
    matrix = _confusion_matrix(window)
    return RecentSales(
        rows=len(chosen),
        since=since,
        until=until,
        prdtypecode=prdtypecode,
        oldest=window.oldest,
        newest=window.newest,
        weighted_f1=scores.weighted_f1 if scores else None,
        macro_f1=scores.macro_f1 if scores else None,
        accuracy=scores.accuracy if scores else None,
        interval=scores.interval if scores else None,
        acceptance=Acceptance(rate=_share(window.kept), rows=len(chosen)),
        coverage=Coverage(threshold=threshold, share=_share(window.sure), accuracy=_share(right[window.sure])),
        per_category=_per_category(codes, chosen, predicted, names),
        over_time=_over_time(window, chosen, predicted),
        confusions=_confusions(matrix, names),
        confusion_matrix=matrix,
        drift=_drift(window),
    )


def _share(flags: np.ndarray) -> float | None:
    return float(flags.mean()) if len(flags) else None


def _per_category(
    codes: np.ndarray, chosen: np.ndarray, predicted: np.ndarray, names: dict[int, CategoryEntry]
) -> list[CategorySales]:
    rows, hits, claims = counts(chosen, predicted, len(codes))
    f1 = f1_of(rows, hits, claims)
    return [
        CategorySales(
            **_named(int(codes[column]), names).model_dump(),
            precision=float(hits[column] / claims[column]) if claims[column] else None,
            recall=float(hits[column] / rows[column]) if rows[column] else None,
            f1=float(f1[column]),
            rows=int(rows[column]),
        )
        for column in np.argsort(-rows, kind="stable")
    ]


def _over_time(window: Window, chosen: np.ndarray, predicted: np.ndarray) -> list[SalesStep]:
    width = 1 + int(max(chosen.max(initial=0), predicted.max(initial=0)))
    steps = []
    for step in np.unique(window.step):
        inside = window.step == step
        rows, hits, claims = counts(chosen[inside], predicted[inside], width)
        steps.append(
            SalesStep(
                since=window.edges[step],
                until=window.edges[step + 1],
                rows=int(rows.sum()),
                weighted_f1=float(weighted_f1_of(rows, hits, claims)),
                accuracy=float(hits.sum() / rows.sum()),
                acceptance=float(window.kept[inside].mean()),
            )
        )
    return steps


def _confusions(matrix: Sequence[ConfusionCell], names: dict[int, CategoryEntry]) -> list[Confusion]:
    confusions = []
    for cell in [cell for cell in matrix if cell.predicted != cell.chosen][:MOST_CONFUSIONS]:
        predicted, chosen = _named(cell.predicted, names), _named(cell.chosen, names)
        confusions.append(
            Confusion(
                predicted=predicted.prdtypecode,
                predicted_name_fr=predicted.name_fr,
                predicted_name_en=predicted.name_en,
                chosen=chosen.prdtypecode,
                chosen_name_fr=chosen.name_fr,
                chosen_name_en=chosen.name_en,
                rows=cell.rows,
            )
        )
    return confusions


def _confusion_matrix(window: Window) -> list[ConfusionCell]:
    cells, rows = np.unique(np.stack([window.predicted, window.chosen]), axis=1, return_counts=True)
    return [
        ConfusionCell(predicted=int(cells[0, place]), chosen=int(cells[1, place]), rows=int(rows[place]))
        for place in np.argsort(-rows, kind="stable")
    ]


def _drift(window: Window) -> Drift:
    index: float | None = None
    by_chance: float | None = None
    if min(len(window.predicted), len(window.before)) >= ROWS_NEEDED:
        _, columns = np.unique(np.concatenate([window.predicted, window.before]), return_inverse=True)
        width = int(columns.max()) + 1
        now, before = (np.bincount(side, minlength=width) for side in np.split(columns, [len(window.predicted)]))
        index, by_chance = float(stability_index(now, before)), index_by_chance(now, before)
    return Drift(
        population_stability_index=index,
        by_chance=by_chance,
        rows=len(window.predicted),
        rows_before=len(window.before),
        rows_needed=ROWS_NEEDED,
    )


def _named(code: int, names: dict[int, CategoryEntry]) -> CategoryEntry:
    return names.get(code) or CategoryEntry.unnamed(code)

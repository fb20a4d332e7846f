"""The sales of a window, and those before it, as arrays."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from serve_app.database.tables import Product
from serve_app.sales.step import step_edges


@dataclass(frozen=True, slots=True)
class Window:
    """The newest sales of a time.

    Attributes:
        predicted, chosen: (n,) int prdtypecode.
        kept: (n,) bool, whether the seller kept the proposal.
        sure: (n,) bool, whether it came with at least the probability asked for.
        step: (n,) int, between which two of `edges` it was sold: 0 is the first pair.
        edges: round moments at equal distances, the first at or before `oldest`, the last behind `newest`.
        before: (m,) int, what was predicted for as many sales before these; fewer where there are no more.
    """

    predicted: np.ndarray
    chosen: np.ndarray
    kept: np.ndarray
    sure: np.ndarray
    step: np.ndarray
    edges: list[datetime]
    oldest: datetime | None
    newest: datetime | None
    before: np.ndarray


def read_window(
    session: Session,
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    threshold: float,
    prdtypecode: int | None = None,
) -> Window:
    """Read at most `limit` sales, the newest ones.

    The database counts those that agree in everything, so that few rows come from it, however many sales there are.

    Args:
        prdtypecode: only sales that were predicted or chosen as this category.
    """
    newest_first = select(Product).order_by(Product.created_at.desc(), Product.number.desc())
    if prdtypecode is not None:
        newest_first = newest_first.where(
            or_(Product.prdtypecode == prdtypecode, Product.predicted_prdtypecode == prdtypecode)
        )
    if until is not None:
        newest_first = newest_first.where(Product.created_at < until)
    inside = newest_first.where(Product.created_at >= since) if since is not None else newest_first
    at = inside.with_only_columns(Product.created_at).limit(limit).subquery().c.created_at
    oldest, newest = session.execute(select(func.min(at), func.max(at))).one()
    if newest is None:
        none = np.empty(0, np.int64)
        return Window(none, none, none.astype(bool), none.astype(bool), none, [], None, None, before=none)
    # A sale that comes in between these queries is in none of them.
    newest_first = newest_first.where(Product.created_at <= newest)
    edges = step_edges(oldest, newest)
    sale = (
        newest_first.where(Product.created_at >= oldest)
        .with_only_columns(
            Product.predicted_prdtypecode.label("predicted"),
            Product.prdtypecode.label("chosen"),
            Product.kept_proposal.label("kept"),
            (Product.predicted_probability >= threshold).label("sure"),
            case(*((Product.created_at < edge, step) for step, edge in enumerate(edges[1:]))).label("step"),
        )
        .limit(limit)
        .subquery()
        .c
    )
    agreeing = (sale.predicted, sale.chosen, sale.kept, sale.sure, sale.step)
    cells = session.execute(select(*agreeing, func.count()).group_by(*agreeing).order_by(*agreeing)).all()
    predicted, chosen, kept, sure, step = _columns([tuple(cell) for cell in cells], width=5)
    rows = len(predicted)
    before = newest_first.with_only_columns(Product.predicted_prdtypecode.label("predicted"))
    return Window(
        predicted,
        chosen,
        kept.astype(bool),
        sure.astype(bool),
        step,
        edges,
        oldest,
        newest,
        before=_predicted(session, before.offset(rows).limit(rows)),
    )


def _predicted(session: Session, sales: Select[Any]) -> np.ndarray:
    sale = sales.subquery().c
    cells = session.execute(select(sale.predicted, func.count()).group_by(sale.predicted).order_by(sale.predicted))
    return _columns([tuple(cell) for cell in cells], width=1)[0]


def _columns(cells: list[tuple[Any, ...]], *, width: int) -> np.ndarray:
    """(width, n) int: the first `width` numbers of each cell, as often as its last one says."""
    table = np.array(cells, dtype=np.int64).reshape(-1, width + 1)
    return np.repeat(table[:, :width], table[:, width], axis=0).T

"""The sales of a window, and those before it, as arrays."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from serve_app.database.tables import Product


@dataclass(frozen=True, slots=True)
class Window:
    """The newest sales of a time.

    Attributes:
        predicted, chosen: (n,) int prdtypecode.
        kept: (n,) bool, whether the seller kept the proposal.
        sure: (n,) bool, whether it came with at least the probability asked for.
        before: (m,) int, what was predicted for as many sales before these; fewer where there are no more.
    """

    predicted: np.ndarray
    chosen: np.ndarray
    kept: np.ndarray
    sure: np.ndarray
    oldest: datetime | None
    newest: datetime | None
    before: np.ndarray


def read_window(
    session: Session, *, since: datetime | None, until: datetime | None, limit: int, threshold: float
) -> Window:
    """Read at most `limit` sales, the newest ones.

    The database counts those that agree in everything, so that few rows come from it, however many sales there are.
    """
    newest_first = select(
        Product.predicted_prdtypecode.label("predicted"),
        Product.prdtypecode.label("chosen"),
        Product.kept_proposal.label("kept"),
        (Product.predicted_probability >= threshold).label("sure"),
        Product.created_at.label("at"),
    ).order_by(Product.created_at.desc(), Product.number.desc())
    if until is not None:
        newest_first = newest_first.where(Product.created_at < until)
    inside = newest_first.where(Product.created_at >= since) if since is not None else newest_first
    sale = inside.limit(limit).subquery().c
    agreeing = (sale.predicted, sale.chosen, sale.kept, sale.sure)
    cells = session.execute(
        select(*agreeing, func.min(sale.at), func.max(sale.at), func.count()).group_by(*agreeing).order_by(*agreeing)
    ).all()
    predicted, chosen, kept, sure = _columns([(*cell[:4], cell[6]) for cell in cells], width=4)
    rows = len(predicted)
    return Window(
        predicted,
        chosen,
        kept.astype(bool),
        sure.astype(bool),
        oldest=min((cell[4] for cell in cells), default=None),
        newest=max((cell[5] for cell in cells), default=None),
        before=_predicted(session, newest_first.offset(rows).limit(rows)),
    )


def _predicted(session: Session, sales: Select[Any]) -> np.ndarray:
    sale = sales.subquery().c
    cells = session.execute(select(sale.predicted, func.count()).group_by(sale.predicted).order_by(sale.predicted))
    return _columns([tuple(cell) for cell in cells], width=1)[0]


def _columns(cells: list[tuple[Any, ...]], *, width: int) -> np.ndarray:
    """(width, n) int: the first `width` numbers of each cell, as often as its last one says."""
    table = np.array(cells, dtype=np.int64).reshape(-1, width + 1)
    return np.repeat(table[:, :width], table[:, width], axis=0).T

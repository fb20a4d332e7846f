"""`/metrics/recent-sales`: did sellers choose what was predicted?"""

from typing import Annotated

from fastapi import APIRouter, Query

from serve_app.api.deps import DatabaseDep, Service, SignedIn
from serve_app.api.products import LARGEST_CODE
from serve_app.api.query import Since, Until
from serve_app.api.refusals import refusals
from serve_app.sales.recent import recent_sales
from serve_app.sales.record import RecentSales

router = APIRouter(tags=["metrics"])

Code = Annotated[
    int | None,
    Query(ge=-LARGEST_CODE, le=LARGEST_CODE, description="only sales that were predicted or chosen as this category"),
]
Limit = Annotated[int, Query(ge=1, le=10_000, description="the newest sales of the window, at most so many")]
Threshold = Annotated[float, Query(ge=0, le=1, allow_inf_nan=False, description="probability that counts as covered")]


@router.get("/metrics/recent-sales", responses=refusals(401))
def score_recent_sales(
    _: SignedIn,
    database: DatabaseDep,
    service: Service,
    since: Since = None,
    until: Until = None,
    limit: Limit = 1000,
    threshold: Threshold = 0.8,
    prdtypecode: Code = None,
) -> RecentSales:
    """Weighted F1 of recent sales, acceptance, coverage, each category, steps of time, confusions and drift."""
    with database.read() as session:
        return recent_sales(
            session,
            service.manifest.categories,
            since=since,
            until=until,
            limit=limit,
            threshold=threshold,
            prdtypecode=prdtypecode,
        )

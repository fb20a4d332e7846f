"""What routers and models tell each other about versions, laid down in Ray's own key-value store.

A call through Serve reaches one replica of a model, and a new version is the business of them all. So each router lays
down which versions it wants, and each model replica which ones it holds. Everything here blocks: call it in a thread.
"""

import time

from pydantic import BaseModel
from ray.experimental.internal_kv import _internal_kv_del, _internal_kv_get, _internal_kv_list, _internal_kv_put

from bundle.manifest import Modality

PERIOD_S = 1.0
"""How often each replica lays down how it stands."""

STALE_S = 10.0
"""A replica that was silent for longer is taken for dead."""

RECENT_S = 300.0
"""What routers wanted before all of them died is what new ones start from, unless that is longer ago."""

WANTS = "rayonnage-swap:router:"
HOLDINGS = "rayonnage-swap:model:"


class Wants(BaseModel):
    """What one router wants.

    Attributes:
        time: when it said so, in seconds since the epoch.
        version: the one it answers with.
        since: by version that it wants held, when it began to want it.
    """

    time: float
    version: str
    since: dict[str, float]


class Failure(BaseModel):
    """Why a replica could not load a version, and when it tried."""

    reason: str
    time: float


class Holdings(BaseModel):
    """What one model replica holds, and what it could not load."""

    time: float
    modality: Modality
    held: list[str]
    failed: dict[str, Failure]


def put_wants(router: str, wants: Wants) -> None:
    _internal_kv_put(WANTS + router, wants.model_dump_json(), overwrite=True)


def put_holdings(replica: str, holdings: Holdings) -> None:
    _internal_kv_put(HOLDINGS + replica, holdings.model_dump_json(), overwrite=True)


def wanted() -> dict[str, float]:
    """By version that a living router wants, since when; empty when no router lives."""
    since: dict[str, float] = {}
    for wants in _wants():
        if time.time() - wants.time < STALE_S:
            since |= {version: max(moment, since.get(version, 0)) for version, moment in wants.since.items()}
    return since


def last_wants() -> Wants | None:
    """What the router that spoke last wants or, if it died a moment ago, wanted."""
    last = max(_wants(), key=lambda wants: wants.time, default=None)
    return last if last is not None and time.time() - last.time < RECENT_S else None


def living_holdings() -> list[Holdings]:
    """What each living model replica holds; forgets those that are long gone."""
    living = []
    for key in _internal_kv_list(HOLDINGS):
        content = _internal_kv_get(key)
        holdings = Holdings.model_validate_json(content) if content else None
        age_s = time.time() - holdings.time if holdings else 0
        if holdings and age_s < STALE_S:
            living.append(holdings)
        elif age_s > RECENT_S:
            _internal_kv_del(key)
    return living


def _wants() -> list[Wants]:
    found = (_internal_kv_get(key) for key in _internal_kv_list(WANTS))
    return [Wants.model_validate_json(content) for content in found if content]

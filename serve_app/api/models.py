"""`/models`: the versions of the store; which one answers is an admin's to say."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bundle.error import BundleError
from bundle.fusion import MODALITIES
from bundle.manifest import Modality
from bundle.store import VERSION
from serve_app.api.deps import Admin, BackendDep
from serve_app.api.refusals import refusals
from serve_app.backend import Backend
from serve_app.error import ConflictError

router = APIRouter(tags=["models"])

Cursor = Annotated[
    str | None,
    Query(pattern=f"^(?:{VERSION.pattern})$", description="`next` of the page before: versions older than it"),
]


class Model(BaseModel):
    """A version of the store.

    Attributes:
        champion: the store's choice; `serving`: this server answers with it.
        error: why it cannot be read or did not get into service; what could not be read is null.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": "20261125-101500-3f2a",
                    "created": "2026-11-25T10:15:00Z",
                    "champion": True,
                    "serving": True,
                    "parent": None,
                    "rows": 18000,
                    "synthetic": True,
                    "experts": {"text": ["linear", "e5"], "image": ["lite0"]},
                    "metrics": {"fusion": {"weighted_f1": 0.86}},
                    "training": {"seed": 7},
                    "error": None,
                }
            ]
        }
    )

    version: str
    created: datetime | None = None
    champion: bool
    serving: bool
    parent: str | None = None
    rows: int | None = Field(default=None, description="listings it was trained on")
    synthetic: bool | None = Field(default=None, description="those listings were made up")
    experts: dict[Modality, list[str]] | None = None
    metrics: dict[str, Any] | None = Field(default=None, description="held-out scores")
    training: dict[str, Any] | None = None
    error: str | None = None


class Links(BaseModel):
    """Where the tools beside the server answer; null where that was not set."""

    tensorboard: str | None
    mlflow: str | None
    dashboard: str | None


class Models(BaseModel):
    """A page of versions, newest first."""

    items: list[Model]
    links: Links
    next: str | None = Field(description="`cursor` of the next page; null on the last")


@router.get("/models", response_model=Models, responses=refusals(401, 403, 409))
def models(
    _: Admin, backend: BackendDep, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Models:
    """The versions of the store, newest first."""
    try:
        versions = [name for name in backend.swapper.store.versions()[::-1] if cursor is None or name < cursor]
    except BundleError as error:
        raise ConflictError(str(error)) from error
    page = versions[:limit]
    settings = backend.settings
    return Models(
        items=[_model(backend, version) for version in page],
        links=Links(tensorboard=settings.tensorboard_url, mlflow=settings.mlflow_url, dashboard=settings.dashboard_url),
        next=page[-1] if len(versions) > limit else None,
    )


@router.post("/models/{version}/promote", response_model=Model, responses=refusals(401, 403, 404, 409))
async def promote(version: str, _: Admin, backend: BackendDep) -> Model:
    """Make a version the champion; the answer comes when this server answers with it.

    Every replica loads it beside the old one and it is tried on stored listings first; when that fails, nothing
    changes.
    """
    await backend.swapper.promote(version)
    return await asyncio.to_thread(_model, backend, version)


@router.post("/models/rollback", response_model=Model, responses=refusals(401, 403, 404, 409))
async def rollback(_: Admin, backend: BackendDep) -> Model:
    """Go back to the champion before this one; once more goes back one more."""
    await backend.swapper.rollback()
    return await asyncio.to_thread(_model, backend, backend.predictions.serving.version)


def _model(backend: Backend, version: str) -> Model:
    store, refusal = backend.swapper.store, backend.swapper.refusal
    error = refusal.reason if refusal and refusal.version == version else None
    try:
        champion = store.champion() == version
    except BundleError:
        champion = False  # a broken pointer names none
    serving = backend.predictions.serving.version == version
    try:
        manifest = store.manifest(version)
    except BundleError as damage:
        return Model(version=version, champion=champion, serving=serving, error=str(damage))
    return Model(
        version=version,
        created=manifest.created,
        champion=champion,
        serving=serving,
        parent=manifest.parent,
        rows=manifest.data.rows,
        synthetic=manifest.data.synthetic,
        experts={name: [expert.name for expert in manifest.experts_of(name)] for name in MODALITIES},
        metrics=manifest.metrics,
        training=manifest.training,
        error=error,
    )

"""`/trainings`: make a challenger of the champion, see how far it is, cancel it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from serve_app.api.deps import Admin, BackendDep
from serve_app.api.query import Cursor, page_cursor
from serve_app.api.refusals import refusals
from serve_app.jobs.row import find_training, list_trainings
from serve_app.jobs.trainings import Mode

router = APIRouter(tags=["trainings"])

EXAMPLE: dict[str, Any] = {
    "id": "6f1c0f2b7f0e4d8aa5ad3b3f0c9e7d21",
    "mode": "small",
    "state": "running",
    "stage": "train linear",
    "percent": 32.4,
    "metrics": None,
    "detail": "",
    "version": None,
    "promote": False,
    "created_at": "2026-11-25T10:15:00Z",
    "started_at": "2026-11-25T10:15:04Z",
    "ended_at": None,
}


class NewTraining(BaseModel):
    """What to train."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"mode": "small", "promote": False}]})

    mode: Mode = Field(
        description="small: the champion goes on with the products sold; full: it starts over, with them; "
        "fusion: its experts are weighed anew"
    )
    promote: bool = Field(default=False, description="make the new version champion")


class TrainingAnswer(BaseModel):
    """A training and how far it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: str
    mode: Mode
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    stage: str = Field(description="what is done now")
    percent: float = Field(ge=0, le=100)
    metrics: dict[str, Any] | None = Field(description="held-out scores, once it has succeeded")
    detail: str = Field(description="what it waits for, why it failed, or what to know about the result")
    version: str | None = Field(description="the version it published")
    promote: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class TrainingWithLog(TrainingAnswer):
    """A training with its log."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE, "log": "10:15:05 export\n10:15:06 folders"}]})

    log: str = Field(description="its last lines")


class TrainingPage(BaseModel):
    """A page of trainings, the newest first."""

    items: list[TrainingAnswer]
    next: str | None = Field(description="`cursor` of the next page; null on the last")


@router.post("/trainings", status_code=202, responses=refusals(401, 403, 409))
def start(given: NewTraining, account: Admin, backend: BackendDep) -> TrainingAnswer:
    """Start a training as a Ray job; 409 while another one is queued or running.

    Example:
        curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"mode": "small"}' …/trainings
    """
    training = backend.trainings.start(given.mode, promote=given.promote, started_by=account.id)
    return TrainingAnswer.model_validate(training, from_attributes=True)


@router.get("/trainings", responses=refusals(401, 403))
def trainings(
    _: Admin, backend: BackendDep, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> TrainingPage:
    """The trainings, the newest first."""
    backend.trainings.settle()
    rows = list_trainings(backend.database, limit=limit + 1, before=cursor)
    items = [TrainingAnswer.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return TrainingPage(items=items, next=page_cursor(rows[limit - 1].number) if len(rows) > limit else None)


@router.get("/trainings/{training_id}", responses=refusals(401, 403, 404))
def training(training_id: str, _: Admin, backend: BackendDep) -> TrainingWithLog:
    """How far a training is, and the last lines of its log."""
    backend.trainings.settle()
    return TrainingWithLog.model_validate(find_training(backend.database, training_id), from_attributes=True)


@router.delete("/trainings/{training_id}", responses=refusals(401, 403, 404, 409))
def cancel(training_id: str, _: Admin, backend: BackendDep) -> TrainingAnswer:
    """Cancel a training; the answer comes when nothing of it is left. 409 where it has ended."""
    return TrainingAnswer.model_validate(backend.trainings.cancel(training_id), from_attributes=True)

"""Starts, watches and cancels trainings: one at a time, each a Ray job that keeps its row of the database."""

import logging
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bundle.error import BundleError
from bundle.store import ModelStore
from serve_app.database.column import now
from serve_app.database.engine import Database
from serve_app.database.tables import Product, Training
from serve_app.error import ConflictError, RequestError
from serve_app.instance import JOB_STOP_S
from serve_app.jobs.folder import remove_job_folder
from serve_app.jobs.ray_job import RayJobs
from serve_app.jobs.row import active_training, end_training, find_training
from serve_app.settings import Settings

Mode = Literal["small", "full", "fusion"]

COMMAND = Path(__file__).parents[2] / "rayonnage.py"
STOPPED = "the server stopped while it ran"
LOST_AFTER = timedelta(seconds=10)
"""Without a beat of a job of another server, which beats every second."""

BEGUN_WITHIN = timedelta(seconds=60)
"""From the request to the job's first beat, or to its submission."""

LOOK_S = 0.2

logger = logging.getLogger(__name__)


class Trainings:
    """The trainings of a server.

    Args:
        instance: the server's name; rows of another one are not this server's to ask Ray about.
    """

    def __init__(self, settings: Settings, database: Database, *, instance: str) -> None:
        self._settings = settings
        self._database = database
        self._instance = instance
        self._jobs = RayJobs()

    def start(self, mode: Mode, *, promote: bool, started_by: str) -> Training:
        """Queue a training.

        Args:
            promote: make the new version champion.
            started_by: id of the user.
        Raises:
            ConflictError: one is queued or runs, or there is nothing to learn from.
            RequestError: Ray takes no job (503).
        """
        self.settle()

        def add(session: Session) -> Training:
            if mode == "small" and not session.scalar(select(func.count()).select_from(Product)):
                raise ConflictError("there are no products to learn from: put some on their shelves first")
            training = Training(mode=mode, promote=promote, started_by=started_by, instance=self._instance)
            session.add(training)
            try:
                session.flush()
            except IntegrityError:
                raise ConflictError("a training is queued or runs already: wait for its end, or cancel it") from None
            return training

        training = self._database.write(add)
        own = ["--store", self._settings.store_url, "--ray", self._jobs.address]
        command = [sys.executable, str(COMMAND), "trainings", "run", training.id, *own]
        job_id = f"training-{training.id}"
        try:
            self._jobs.submit(command, job_id=job_id)
        except Exception as error:
            logger.exception("the job of training %s could not be submitted", training.id)
            self._end(training.id, "failed", f"the job could not be submitted: {error}")
            raise RequestError(None, "Ray takes no job now: try again", status_code=503, retry_after_s=5) from error
        submitted = update(Training).where(Training.id == training.id).values(job_id=job_id)
        self._database.write(lambda session: session.execute(submitted))
        return find_training(self._database, training.id)

    def cancel(self, training_id: str) -> Training:
        """Stop a training, and wait until nothing of it is left.

        Raises:
            NotFoundError: there is no such training.
            ConflictError: it has ended.
        """
        self.settle()
        training = find_training(self._database, training_id)
        if not training.active:
            raise ConflictError(f"it has ended already: {training.state}")
        job_id = training.job_id
        if job_id and training.instance == self._instance:
            self._jobs.stop(job_id)
            _wait(lambda: self._jobs.state(job_id).ended, timeout_s=JOB_STOP_S + 10)
        # The job of another server sees this in its row, and stops.
        self._end(training_id, "cancelled", "")
        training = find_training(self._database, training_id)
        if training.state != "cancelled":
            raise ConflictError(f"it ended meanwhile: {training.state}")
        return training

    def settle(self) -> None:
        """End the training whose job ended without a word: killed, or gone with its server."""
        training = active_training(self._database)
        if training is not None and (reason := self._lost(training)):
            self._end(training.id, "failed", reason)

    def _lost(self, training: Training) -> str | None:
        """Why a training that its row calls active is not any more."""
        silent = now() - (training.beat_at or training.created_at)
        if training.instance != self._instance:
            return STOPPED if silent > (LOST_AFTER if training.beat_at else BEGUN_WITHIN) else None
        if training.job_id is None:
            return "its job was not submitted" if silent > BEGUN_WITHIN else None
        state = self._jobs.state(training.job_id)
        return state.reason if state.ended else None

    def _end(self, training_id: str, state: str, detail: str) -> None:
        if end_training(self._database, training_id, state, detail):
            remove_job_folder(self._settings, training_id)
            try:
                ModelStore(self._settings.store_url).remove_leftovers()
            except BundleError as error:
                logger.warning("what training %s left is still there: %s", training_id, error)


def _wait(done: Callable[[], bool], *, timeout_s: float) -> None:
    until = time.monotonic() + timeout_s
    while not done() and time.monotonic() < until:
        time.sleep(LOOK_S)

"""Tells a training's row how far the job is, about once a second, and that it lives."""

import logging
import os
import signal
import threading
import time
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from sqlalchemy import CursorResult, update
from sqlalchemy.exc import DBAPIError

from serve_app.database.column import now
from serve_app.database.engine import Database
from serve_app.database.tables import Training
from serve_app.jobs.percent import Percent

BEAT_S = 1.0
LOG_LINES = 300
LAST_TRIES = 30
"""Of writing how the job ended, a second apart."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a training ended.

    Attributes:
        state: `succeeded`, `failed` or `cancelled`.
    """

    state: str
    detail: str = ""
    version: str | None = None
    metrics: dict[str, Any] | None = None


class Reporter:
    """Writes to the row from a thread, so that the work never waits for the database.

    Use as a context manager. A row that somebody else has ended meanwhile ends this process, as a cancel does.
    """

    def __init__(self, database: Database, training_id: str, percent: Percent) -> None:
        self._database = database
        self._training_id = training_id
        self._percent = percent
        self._lines: deque[str] = deque(maxlen=LOG_LINES)
        self._values: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="reporter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def progress(self, stage: str, done: int, total: int) -> None:
        """A `datasets.progress.Progress`."""
        with self._lock:
            self._percent.report(stage, done, total)
            name = stage.partition("-")[0]  # a backbone's name goes on with a digest
            if self._values.get("stage") != name:
                self._say(name)
            self._values |= {"stage": name, "percent": self._percent.value}

    def say(self, line: str) -> None:
        """Add a line to the log."""
        with self._lock:
            self._say(line)

    def running(self) -> None:
        with self._lock:
            self._values |= {"state": "running", "started_at": now(), "detail": ""}

    def waiting(self, detail: str) -> None:
        with self._lock:
            self._values["detail"] = detail

    def end(self, ending: Ending) -> None:
        """Write the last word, whatever it takes within reason."""
        with self._lock:
            self._say(f"{ending.state}{': ' if ending.detail else ''}{ending.detail}")
            if ending.state == "succeeded":
                self._values |= {"percent": 100.0}
            self._values |= {
                "state": ending.state,
                "detail": ending.detail,
                "version": ending.version,
                "metrics": ending.metrics,
                "active": None,
                "ended_at": now(),
            }
        self._over.set()
        self._thread.join()
        for _ in range(LAST_TRIES):
            try:
                self._write()
                return
            except DBAPIError as error:
                logger.warning("the training's end cannot be written: %s", error)
                time.sleep(BEAT_S)

    def _say(self, line: str) -> None:
        self._lines.append(f"{now():%H:%M:%S} {line}")
        self._values["log"] = "\n".join(self._lines)

    def _beat(self) -> None:
        while not self._over.wait(BEAT_S):
            try:
                if not self._write():
                    os.kill(os.getpid(), signal.SIGTERM)
                    return
            except DBAPIError as error:
                logger.warning("the training's row cannot be written: %s", error)

    def _write(self) -> bool:
        """Whether the row is still this job's to write."""
        with self._lock:
            values = {**self._values, "beat_at": now()}
        mine = (Training.id == self._training_id) & Training.active.is_(True)
        result = self._database.write(lambda session: session.execute(update(Training).where(mine).values(values)))
        assert isinstance(result, CursorResult)
        return result.rowcount == 1

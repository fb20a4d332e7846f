"""A training's own folder: what it was asked, how far it came, and what it leaves for going on.

HOME/runs/20261127-101500-3f2a/run.json      the record; written whole each time, so that a crash leaves the one before
                              /config.yaml   its options, as `rayonnage train --config` takes them
                              /events.out…   what TensorBoard shows, see `train.tensorboard`
                              /work/         checkpoints of a training that is not over
"""

import difflib
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from train.error import RunError, UnknownRunError
from train.run_record import RECORD, RunRecord, State, git_commit, read_record, write_record

RUNS = "runs"
GONE = "its process is gone"
LOOKED_AT_S = 1.0
"""Who lists the runs holds each for a moment."""


class Run:
    """The folder of one training, below `RAYONNAGE_HOME/runs`.

    The process that trains holds a lock on the folder; it ends with the process, whatever ends that. So a run that says
    it is running and whose folder nobody holds is read as stopped.
    """

    def __init__(self, directory: Path, record: RunRecord) -> None:
        self.directory = directory
        self.record = record
        self._lock: int | None = None
        self._seconds_before = record.seconds
        self._since = time.monotonic()

    @classmethod
    def start(cls, home: Path, *, options: Mapping[str, Any], data: Sequence[Path], command: str = "train") -> Self:
        """Make the folder of a training that begins now.

        Args:
            home: RAYONNAGE_HOME.
            options: plain values, as `TrainOptions.as_dict` gives them.
            command: what started it, in words.
        Raises:
            RunError: the folder cannot be written.
        """
        now = datetime.now(UTC)
        name = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        directory = home / RUNS / name
        record = RunRecord(
            run=name,
            command=command,
            state="running",
            started=f"{now:%Y-%m-%dT%H:%M:%SZ}",
            options=dict(options),
            data=[str(folder.expanduser().absolute()) for folder in data],
            pid=os.getpid(),
            git_commit=git_commit(),
        )
        try:
            directory.mkdir(parents=True)
        except OSError as error:
            raise RunError(str(directory), f"cannot be made ({error.strerror})") from error
        run = cls(directory, record)
        run._hold()
        run.update()
        return run

    @classmethod
    def read(cls, directory: Path) -> Self:
        """A run as its folder tells it.

        Raises:
            RunError: the folder is no run's, or its record is damaged.
        """
        record = read_record(directory / RECORD)
        if record.state == "running" and _is_held(directory):
            since_written = time.time() - (directory / RECORD).stat().st_mtime
            record = replace(record, seconds=round(record.seconds + max(0.0, since_written), 1))
        elif record.state == "running":
            record = replace(record, state="stopped", reason=GONE)
        return cls(directory, record)

    @classmethod
    def all(cls, home: Path) -> tuple[list[Self], list[str]]:
        """Every run, newest first, and a line for each folder among them that is none.

        Raises:
            RunError: the folder of runs cannot be read.
        """
        runs, notes = [], []
        for directory in _directories(home):
            try:
                runs.append(cls.read(directory))
            except RunError as error:
                notes.append(str(error))
        return sorted(runs, key=lambda run: run.record.run, reverse=True), notes

    @classmethod
    def find(cls, home: Path, name: str) -> Self:
        """The run of that name, or the only one whose name begins or ends so.

        Raises:
            UnknownRunError: there is none; names the nearest.
            RunError: its record is damaged.
        """
        names = [directory.name for directory in _directories(home)]
        alike = [known for known in names if known.startswith(name) or known.endswith(name)]
        if name in names:
            return cls.read(home / RUNS / name)
        if name and len(alike) == 1:
            return cls.read(home / RUNS / alike[0])
        nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.0)
        raise UnknownRunError(str(home / RUNS), name, nearest[0] if nearest else None)

    @classmethod
    def latest_resumable(cls, home: Path) -> Self | None:
        """The newest run of `rayonnage train` that was stopped or failed and whose `work` holds something, or None."""
        for run in cls.all(home)[0]:
            if run.record.command == "train" and run.record.state in ("stopped", "failed") and run.resumable:
                return run
        return None

    @property
    def work(self) -> Path:
        """The folder of what a stopped training goes on from; removed when it has succeeded."""
        return self.directory / "work"

    @property
    def config(self) -> Path:
        """The file of its options."""
        return self.directory / "config.yaml"

    @property
    def resumable(self) -> bool:
        """Whether it left something to go on from."""
        return self.work.is_dir() and any(self.work.iterdir())

    def resume(self) -> None:
        """Go on with it in this process.

        Raises:
            RunError: another process has it, or it cannot be written.
        """
        self._hold()
        self._seconds_before, self._since = self.record.seconds, time.monotonic()
        self.update(state="running", reason="", pid=os.getpid(), git_commit=git_commit())

    def update(self, **changes: Any) -> None:
        """Change the record, and write it whole.

        Raises:
            RunError: it cannot be written; the record before stays.
        """
        if self.record.state == "running":
            changes["seconds"] = round(self._seconds_before + time.monotonic() - self._since, 1)
        record = replace(self.record, **changes)
        write_record(record, self.directory / RECORD)
        self.record = record

    def end(self, state: State, **changes: Any) -> None:
        """Say how it ended, and let go of the folder; a training that has succeeded needs its work no more.

        Raises:
            RunError: the record cannot be written.
        """
        try:
            self.update(state=state, **changes)
            if state == "succeeded":
                shutil.rmtree(self.work, ignore_errors=True)
        finally:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _hold(self) -> None:
        lock, until = _open(self.directory), time.monotonic() + LOOKED_AT_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    os.close(lock)
                    raise RunError(str(self.directory), "is at work in another process") from None
                time.sleep(0.05)
            except OSError as error:
                os.close(lock)
                raise RunError(str(self.directory), f"cannot be locked ({error.strerror})") from error
        self._lock = lock


def _directories(home: Path) -> list[Path]:
    runs = home / RUNS
    if not runs.exists():
        return []
    try:
        return [path for path in runs.iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError as error:
        raise RunError(str(runs), f"cannot be read ({error.strerror})") from error


def _is_held(directory: Path) -> bool:
    lock = _open(directory)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def _open(directory: Path) -> int:
    try:
        return os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise RunError(str(directory), f"cannot be opened ({error.strerror})") from error

"""The folder in which a job works, and of which nothing stays."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from serve_app.settings import Settings

LOOK_S = 0.1


def job_folder(settings: Settings, training_id: str) -> Path:
    return settings.home.expanduser() / "trainings" / training_id


@contextmanager
def working_folder(settings: Settings, training_id: str) -> Iterator[Path]:
    """A job's folder, where libraries put their temporary files as well; locked as long as the process lives."""
    folder = job_folder(settings, training_id)
    temporary = folder / "tmp"
    temporary.mkdir(mode=0o700, parents=True)
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.environ["TMPDIR"] = str(temporary)
    tempfile.tempdir = None  # looked up again
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_job_folder(settings: Settings, training_id: str, *, wait_s: float = 10.0) -> None:
    """Remove what a killed job left, once its process is gone: one that was large takes seconds to end."""
    folder = job_folder(settings, training_id)
    try:
        lock = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        time.sleep(LOOK_S)
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)

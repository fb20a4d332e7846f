"""The folder in which a job works, and of which nothing stays."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serve_app.settings import Settings


def job_folder(settings: Settings, training_id: str) -> Path:
    return settings.home.expanduser() / "trainings" / training_id


@contextmanager
def working_folder(settings: Settings, training_id: str) -> Iterator[Path]:
    """A job's folder, where libraries put their temporary files as well."""
    folder = job_folder(settings, training_id)
    temporary = folder / "tmp"
    try:
        temporary.mkdir(mode=0o700, parents=True)
        os.environ["TMPDIR"] = str(temporary)
        tempfile.tempdir = None  # looked up again
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)

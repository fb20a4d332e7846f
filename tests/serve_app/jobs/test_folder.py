"""Nothing stays of a job's folder, and a job that is still ending is waited for."""

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve_app.jobs.folder import job_folder, remove_job_folder, working_folder
from serve_app.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("TMPDIR", tempfile.gettempdir())
    yield Settings(home=tmp_path)
    monkeypatch.undo()
    tempfile.tempdir = None


def test_temporary_files_of_a_job_lie_in_its_folder_and_go_with_it(settings: Settings) -> None:
    with working_folder(settings, "abc") as folder:
        assert folder == job_folder(settings, "abc")
        assert Path(tempfile.mkdtemp()).is_relative_to(folder)
    assert not folder.exists()


def test_what_a_killed_job_left_is_removed(settings: Settings) -> None:
    (job_folder(settings, "abc") / "products").mkdir(parents=True)
    remove_job_folder(settings, "abc")
    assert not job_folder(settings, "abc").exists()
    remove_job_folder(settings, "abc")


def test_a_job_that_is_still_ending_is_waited_for(settings: Settings) -> None:
    with working_folder(settings, "abc") as folder:
        remover = threading.Thread(target=remove_job_folder, args=(settings, "abc"))
        remover.start()
        time.sleep(0.5)
        assert folder.exists()
    remover.join(5)
    assert not remover.is_alive()


def test_a_job_that_does_not_end_is_not_waited_for_for_ever(settings: Settings) -> None:
    with working_folder(settings, "abc") as folder:
        remove_job_folder(settings, "abc", wait_s=0.3)
        assert not folder.exists()

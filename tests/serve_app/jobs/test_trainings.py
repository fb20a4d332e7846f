"""Trainings are settled when their job or their server is gone, and one is active at a time."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from serve_app.database.column import now
from serve_app.database.engine import Database
from serve_app.database.tables import Training
from serve_app.error import ConflictError, NotFoundError
from serve_app.jobs.folder import job_folder
from serve_app.jobs.row import end_training, find_training, list_trainings
from serve_app.jobs.trainings import STOPPED, Trainings
from serve_app.settings import Settings

Queue = Callable[..., Training]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def trainings(settings: Settings, database: Database) -> Trainings:
    """Those of a server that started after the one named `here`."""
    return Trainings(settings, database, instance="there")


def long_ago(seconds: float) -> dict[str, object]:
    return {"created_at": now() - timedelta(seconds=seconds)}


def test_a_training_of_a_server_that_is_gone_has_failed(
    trainings: Trainings, settings: Settings, database: Database, queue: Queue
) -> None:
    training = queue(state="running", beat_at=now() - timedelta(seconds=11), **long_ago(60))
    left = job_folder(settings, training.id) / "products"
    left.mkdir(parents=True)
    trainings.settle()
    settled = find_training(database, training.id)
    assert (settled.state, settled.detail, settled.active) == ("failed", STOPPED, None)
    assert settled.ended_at is not None
    assert not left.parent.exists()
    queue()


def test_a_training_of_another_server_that_lives_is_left_alone(
    trainings: Trainings, database: Database, queue: Queue
) -> None:
    training = queue(state="running", beat_at=now() - timedelta(seconds=3), **long_ago(3600))
    trainings.settle()
    assert find_training(database, training.id).state == "running"
    with pytest.raises(ConflictError, match="already"):
        trainings.start("full", promote=False, started_by="")


def test_a_training_that_never_began_is_waited_for_a_while(
    trainings: Trainings, database: Database, queue: Queue
) -> None:
    fresh = queue(**long_ago(20))
    trainings.settle()
    assert find_training(database, fresh.id).state == "queued"
    end_training(database, fresh.id, "cancelled", "")
    stale = queue(**long_ago(70))
    trainings.settle()
    assert find_training(database, stale.id).state == "failed"


def test_one_that_was_never_submitted_by_its_own_server_has_failed(
    settings: Settings, database: Database, queue: Queue
) -> None:
    training = queue(**long_ago(70))
    Trainings(settings, database, instance="here").settle()
    assert find_training(database, training.id).detail == "its job was not submitted"


def test_a_small_training_needs_products(trainings: Trainings, database: Database) -> None:
    with pytest.raises(ConflictError, match="no products"):
        trainings.start("small", promote=False, started_by="")
    assert list_trainings(database, limit=5) == []


def test_cancelling_one_of_another_server_frees_the_row(trainings: Trainings, queue: Queue) -> None:
    training = queue(state="running", beat_at=now())
    assert trainings.cancel(training.id).state == "cancelled"
    with pytest.raises(ConflictError, match="ended already: cancelled"):
        trainings.cancel(training.id)
    with pytest.raises(NotFoundError):
        trainings.cancel("no such id")


def test_lists_are_paged_newest_first(database: Database, queue: Queue) -> None:
    made = []
    for _ in range(5):
        made.insert(0, queue().id)
        end_training(database, made[0], "cancelled", "")
    first = list_trainings(database, limit=3)
    rest = list_trainings(database, limit=3, before=first[-1].number)
    assert [row.id for row in (*first, *rest)] == made

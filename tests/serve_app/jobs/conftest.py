"""Rows of trainings."""

from collections.abc import Callable
from typing import Any

import pytest

from serve_app.database.engine import Database
from serve_app.database.tables import Training
from serve_app.jobs.row import find_training


@pytest.fixture
def queue(database: Database) -> Callable[..., Training]:
    """Adds a queued training with further values."""

    def add(**values: Any) -> Training:
        training = Training(mode="full", instance="here", started_by=None, **values)
        database.write(lambda session: session.add(training))
        return find_training(database, training.id)

    return add

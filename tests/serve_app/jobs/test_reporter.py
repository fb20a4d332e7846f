"""A job tells its row how far it is, that it lives, and how it ended."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from serve_app.database.engine import Database
from serve_app.database.tables import Training
from serve_app.jobs.percent import Percent
from serve_app.jobs.reporter import LOG_LINES, Ending, Reporter
from serve_app.jobs.row import end_training, find_training

REPOSITORY = Path(__file__).parents[3]
Queue = Callable[..., Training]
STAGES = (("split", 1), ("features e5", 1))


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_row_follows_the_work(database: Database, queue: Queue) -> None:
    training = queue()

    def row() -> Training:
        return find_training(database, training.id)

    with Reporter(database, training.id, Percent(STAGES)) as reporter:
        wait_until(lambda: row().beat_at is not None)
        assert row().state == "queued"
        reporter.waiting("waits for 1 CPU")
        wait_until(lambda: row().detail == "waits for 1 CPU")
        reporter.running()
        reporter.progress("split", 1, 1)
        reporter.progress("features e5-64-c3460dd9", 1, 2)
        reporter.say("é 😀")
        wait_until(lambda: row().state == "running" and row().percent > 0)
        assert (row().stage, row().percent, row().detail) == ("features e5", 74.2, "")
        assert [line[9:] for line in row().log.splitlines()] == ["split", "features e5", "é 😀"]
        reporter.end(Ending("succeeded", "a note", "20261125-101500-3f2a", {"fusion": None}))
    ended = row()
    assert (ended.state, ended.active, ended.percent, ended.detail) == ("succeeded", None, 100, "a note")
    assert (ended.version, ended.metrics) == ("20261125-101500-3f2a", {"fusion": None})
    assert ended.started_at is not None and ended.ended_at is not None
    assert ended.created_at <= ended.started_at <= ended.ended_at
    queue()  # there is room for the next one


def test_a_log_keeps_its_last_lines(database: Database, queue: Queue) -> None:
    training = queue()
    with Reporter(database, training.id, Percent(STAGES)) as reporter:
        for number in range(1000):
            reporter.say(f"line {number}")
        reporter.end(Ending("failed", "why"))
    lines = find_training(database, training.id).log.splitlines()
    assert len(lines) == LOG_LINES
    assert [line[9:] for line in lines[-2:]] == ["line 999", "failed: why"]


JOB = """
import sys, time
from serve_app.database.engine import Database
from serve_app.jobs.percent import Percent
from serve_app.jobs.reporter import Reporter

with Reporter(Database(sys.argv[1]), sys.argv[2], Percent([("split", 1)])):
    time.sleep(60)
"""


def test_a_row_that_somebody_else_ended_stops_the_job(database: Database, queue: Queue) -> None:
    training = queue()
    url = database.url.render_as_string(hide_password=False)
    job = subprocess.Popen([sys.executable, "-c", JOB, url, training.id], cwd=REPOSITORY)
    try:
        wait_until(lambda: find_training(database, training.id).beat_at is not None)
        assert end_training(database, training.id, "cancelled", "")
        assert job.wait(timeout=30) == -signal.SIGTERM
    finally:
        job.kill()
    assert find_training(database, training.id).state == "cancelled"

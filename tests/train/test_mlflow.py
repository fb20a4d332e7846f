"""MLflow: what it is given of a training, and that it never costs one."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from bundle.store import ModelStore
from datasets.folder import load_folders
from train.mlflow_place import MlflowPlace, mlflow_place
from train.options import TrainOptions
from train.pipeline import train
from train.run import Run
from train.tracker import Tracker

LINEAR = TrainOptions(text=("linear",), image=())


def train_small(home: Path, small_dir: Path, place: MlflowPlace | None) -> tuple[Run, list[str]]:
    notes: list[str] = []
    run = Run.start(home, options=LINEAR.as_dict(), data=[small_dir])
    with Tracker(run, mlflow=place, note=notes.append) as tracker:

        def say_epoch(stage: str, done: int, total: int) -> None:
            if stage == "train linear" and done == total:
                tracker.epoch("bigru", 1, {"loss": 2.0})

        dataset, store = load_folders([small_dir]), ModelStore(home / "models")
        train(dataset, store, LINEAR, cache_dir=home / "cache", tracker=tracker, progress=say_epoch)
    return run, notes


def test_where_trainings_are_recorded(tmp_path: Path) -> None:
    here = mlflow_place(tmp_path, None)
    assert here is not None and here.folder == tmp_path / "mlflow" and here.uri.startswith("sqlite:////")
    assert mlflow_place(tmp_path, "off") is None
    there = mlflow_place(tmp_path, "https://me:secret@tracking.example:5000/x")
    assert there is not None and there.folder is None and there.is_server
    assert str(there) == "https://***@tracking.example:5000/x"


@pytest.mark.slow
def test_a_server_that_is_away_costs_no_training(tmp_path: Path, small_dir: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        place = mlflow_place(tmp_path, f"http://127.0.0.1:{closed.getsockname()[1]}")
        run, notes = train_small(tmp_path, small_dir, place)
    assert run.record.state == "succeeded" and run.record.version == ModelStore(tmp_path / "models").champion()
    assert len(notes) == 1 and notes[0].startswith("MLflow has not recorded this training: http://127.0.0.1")
    assert Run.read(run.directory).record.notes[-1] == notes[0]


@pytest.mark.slow
def test_a_training_is_recorded_and_the_alias_follows_the_champion(tmp_path: Path, small_dir: Path) -> None:
    place = mlflow_place(tmp_path, None)
    assert place is not None and place.folder is not None
    run, notes = train_small(tmp_path, small_dir, place)
    assert not notes
    store = ModelStore(tmp_path / "models")
    first = store.champion()
    with sqlite3.connect(place.folder / "mlflow.db") as database:
        params = dict(database.execute("select key, value from params"))
        metrics = dict(database.execute("select key, value from metrics"))
        tags = dict(database.execute("select key, value from tags"))
        aliases = database.execute("select alias, version from registered_model_aliases").fetchall()
        versions = database.execute("select version, source from model_versions").fetchall()
        (status,) = database.execute("select status from runs").fetchone()
    assert params["text"] == "linear" and params["linear.inverse_regularisation"] == "0.2"
    assert metrics["fusion/weighted_f1"] == pytest.approx(run.record.metrics["fusion"]["weighted_f1"])
    assert metrics["bigru/loss"] == 2.0 and status == "FINISHED"
    assert tags["fingerprint"] == run.record.fingerprint and tags["version"] == first
    assert aliases == [("champion", 1)] and versions == [(1, store.address(str(first)))]
    kept = {path.name for path in (place.folder / "artifacts").rglob("*") if path.is_file()}
    assert {"manifest.json", "config.yaml", "confusion_fusion.png"} <= kept

    _look_at_the_page(tmp_path, place)


def _look_at_the_page(home: Path, place: MlflowPlace) -> None:
    """`rayonnage mlflow` answers, renews the alias by the store, and stops on Ctrl-C."""
    champion = home / "models" / "champion"
    pointer = champion.read_text()
    champion.unlink()  # the store has none any more, so the copy must go
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "rayonnage", "mlflow", "--port", str(port)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"RAYONNAGE_HOME": str(home)}
    )
    try:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}/" in process.stdout.readline()
        assert httpx.get(f"http://127.0.0.1:{port}/health", timeout=20).text == "OK"
        _until_aliases(place, [])
        champion.write_text(pointer)
        _until_aliases(place, [("champion", 1)])
    finally:
        process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def _until_aliases(place: MlflowPlace, wanted: list[tuple[str, int]]) -> None:
    assert place.folder is not None
    until = time.monotonic() + 30
    while True:
        with sqlite3.connect(place.folder / "mlflow.db") as database:
            found = database.execute("select alias, version from registered_model_aliases").fetchall()
        if found == wanted:
            return
        assert time.monotonic() < until, found
        time.sleep(0.5)

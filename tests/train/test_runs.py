"""Runs: what each training leaves, whatever ends it, and how runs are listed and compared."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bundle.store import ModelStore
from datasets.folder import load_folders
from rayonnage import app
from train.error import RunError, TrainError, UnknownRunError
from train.options import TrainOptions, read_config
from train.pipeline import train
from train.run import RUNS, Run
from train.run_record import RECORD, write_whole
from train.tracker import Tracker

LINEAR = TrainOptions(text=("linear",), image=())

WAITING = """
import sys
from pathlib import Path
from train.run import Run
run = Run.start(Path(sys.argv[1]), options={"text": ["linear"]}, data=[])
run.work.mkdir()
(run.work / "checkpoint").touch()
print(run.record.run, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def trained_home(tmp_path_factory: pytest.TempPathFactory, small_dir: Path) -> Path:
    """A home with two runs that succeeded, of different options."""
    home = tmp_path_factory.mktemp("runs-home")
    for options in (LINEAR, TrainOptions(text=("linear",), image=(), seed=8)):
        dataset = load_folders([small_dir])
        run = Run.start(home, options=options.as_dict(), data=[small_dir])
        with Tracker(run) as tracker:
            tracker.epoch("bigru", 1, {"loss": 2.0, "weighted_f1": 0.5})
            tracker.epoch("bigru", 2, {"loss": float("nan"), "weighted_f1": 0.6})
            train(dataset, ModelStore(home / "models"), options, cache_dir=home / "cache", tracker=tracker)
    return home


@pytest.fixture
def waiting(tmp_path: Path) -> "subprocess.Popen[str]":
    """A process that has begun a run in `tmp_path`."""
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def rayonnage(home: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments, env={"RAYONNAGE_HOME": str(home)})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_a_training_leaves_its_options_data_epochs_scores_and_version(trained_home: Path, small_dir: Path) -> None:
    runs, notes = Run.all(trained_home)
    assert not notes and len(runs) == 2
    run, store = runs[0], ModelStore(trained_home / "models")
    record = run.record
    manifest = store.manifest()
    assert (record.state, record.version, record.champion) == ("succeeded", manifest.version, True)
    assert (record.fingerprint, record.rows) == (manifest.data.fingerprint, manifest.data.rows)
    assert record.metrics == manifest.metrics and record.data == [str(small_dir)]
    assert record.epochs == {"bigru": [{"epoch": 1, "loss": 2.0, "weighted_f1": 0.5}, {"epoch": 2, "weighted_f1": 0.6}]}
    assert TrainOptions.from_mapping(read_config(run.config)).seed == 8
    assert not run.work.exists() and record.seconds > 0


def test_runs_are_listed_newest_first_shown_and_compared(trained_home: Path, tmp_path: Path) -> None:
    code, output = rayonnage(trained_home, "runs", "--json")
    items = json.loads(output)["items"]
    assert code == 0 and [item["state"] for item in items] == ["succeeded", "succeeded"]
    newest, oldest = (item["run"] for item in items)
    assert newest > oldest or items[0]["started"] == items[1]["started"]
    assert json.loads(rayonnage(trained_home, "runs", "--json", "--limit", "1")[1])["items"] == items[:1]
    assert items[0]["experts"] == ["linear"] and 0 < items[0]["scores"]["fusion"]["macro_f1"] <= 1
    assert newest in rayonnage(trained_home, "runs")[1]

    shown = json.loads(rayonnage(trained_home, "runs", "show", newest[-4:], "--json")[1])
    assert shown["options"]["seed"] in (7, 8) and shown["run"] == newest
    assert "epochs of bigru" in rayonnage(trained_home, "runs", "show", newest)[1]

    plot = tmp_path / "compared.png"
    code, output = rayonnage(trained_home, "runs", "compare", oldest, newest, "--plot", str(plot), "--json")
    compared = json.loads(output)
    assert set(compared["options"]) == {"seed"} and len(compared["metrics"]["fusion/weighted_f1"]) == 2
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert "seed" in rayonnage(trained_home, "runs", "compare", oldest, newest)[1]


def test_an_unknown_run_names_the_nearest(trained_home: Path, tmp_path: Path) -> None:
    name = Run.all(trained_home)[0][0].record.run
    with pytest.raises(UnknownRunError, match=f"the nearest is {name}") as caught:
        Run.find(trained_home, name[:-1] + "x")
    assert caught.value.exit_code == 2
    with pytest.raises(UnknownRunError, match="there is none"):
        Run.find(tmp_path, "x")
    assert rayonnage(trained_home, "runs", "compare", name)[0] == 2


def test_a_run_whose_process_was_killed_is_stopped_and_can_be_resumed(
    waiting: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    (run,), _ = Run.all(tmp_path)
    assert run.record.state == "running" and Run.latest_resumable(tmp_path) is None
    an_hour_ago = time.time() - 3600
    os.utime(run.directory / RECORD, (an_hour_ago, an_hour_ago))
    assert Run.read(run.directory).record.seconds == pytest.approx(run.record.seconds + 3600, abs=60)
    with pytest.raises(RunError, match="is at work in another process"):
        run.resume()
    waiting.kill()
    waiting.communicate()
    (run,), _ = Run.all(tmp_path)
    assert (run.record.state, run.record.reason) == ("stopped", "its process is gone")
    resumable = Run.latest_resumable(tmp_path)
    assert resumable is not None
    resumable.resume()
    assert Run.read(resumable.directory).record.state == "running"
    resumable.end("succeeded")
    assert not resumable.work.exists() and Run.latest_resumable(tmp_path) is None


def test_broken_and_foreign_folders_are_told_and_passed_over(tmp_path: Path) -> None:
    good = Run.start(tmp_path, options={}, data=[])
    good.end("failed", reason="no rows")
    for name, content in {
        "foreign": None,
        "cut": '{"run": "cu',
        "other": (good.directory / RECORD).read_text(),
    }.items():
        (tmp_path / RUNS / name).mkdir()
        if content is not None:
            (tmp_path / RUNS / name / RECORD).write_text(content)
    (tmp_path / RUNS / "a-file").touch()
    runs, notes = Run.all(tmp_path)
    assert [run.record.reason for run in runs] == ["no rows"] and len(notes) == 3
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / RUNS).touch()
    with pytest.raises(RunError, match="cannot be read"):
        Run.all(tmp_path / "home")


def met_by_an_import(stop: BaseException) -> ImportError:
    """What a module of C++ makes of a stop while it is imported."""
    failed = ImportError("initialization failed")
    failed.__cause__ = stop
    return failed


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (KeyboardInterrupt(), "stopped", "asked to stop"),
        (SystemExit(15), "stopped", "asked to stop"),
        (met_by_an_import(KeyboardInterrupt()), "stopped", "asked to stop"),
        (TrainError("no rows"), "failed", "no rows"),
        (ValueError("odd"), "failed", "ValueError: odd"),
    ],
)
def test_whatever_ends_a_training_its_run_says_so(
    error: BaseException, state: str, reason: str, tmp_path: Path
) -> None:
    run = Run.start(tmp_path, options=LINEAR.as_dict(), data=[])
    with pytest.raises(type(error)), Tracker(run):
        raise error
    record = Run.read(run.directory).record
    assert (record.state, record.reason) == (state, reason)


def test_a_full_disk_names_the_file_and_leaves_the_record_before(tmp_path: Path) -> None:
    run = Run.start(tmp_path, options={}, data=[])
    before = (run.directory / RECORD).read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))  # no file may grow any more
    try:
        with pytest.raises(RunError, match=rf"{RECORD}: cannot be written"):
            run.update(rows=5)
        with pytest.raises(RunError, match="cannot be written"):
            Tracker(run)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (run.directory / RECORD).read_bytes() == before and run.record.rows == 0
    assert not [path for path in run.directory.iterdir() if path.name.startswith(".")]
    with pytest.raises(RunError):
        write_whole(tmp_path / "a" / "b" / "c", b"")


@pytest.mark.slow
def test_ctrl_c_stops_a_training_with_exit_130_and_a_line(small_dir: Path, tmp_path: Path) -> None:
    environment = os.environ | {"RAYONNAGE_HOME": str(tmp_path), "RAYONNAGE_MLFLOW_URI": "off"}
    command = [sys.executable, "-m", "rayonnage", "train", "--data", str(small_dir), "--text", "linear,e5"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    for line in process.stderr:
        if "train linear" in line:
            break
    process.send_signal(signal.SIGTERM)
    rest = process.stderr.read()
    assert process.wait(30) == 130 and rest.splitlines()[-1].startswith("Stopped; ")
    (run,), _ = Run.all(tmp_path)
    assert (run.record.state, run.record.reason) == ("stopped", "asked to stop")

"""What TensorBoard is given, read back by TensorBoard's own readers, and its page."""

import json
import os
import signal
import socket
import subprocess
import sys
import types
from pathlib import Path

import httpx
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from bundle.store import ModelStore
from datasets.folder import load_folders
from train.options import TrainOptions
from train.pipeline import train
from train.run import Run
from train.tensorboard_graph import GRAPH
from train.tensorboard_projector import LONGEST_TITLE
from train.tracker import Tracker

# TensorBoard's readers would import TensorFlow, which takes ten seconds.
sys.modules.setdefault("tensorboard.compat.notf", types.ModuleType("tensorboard.compat.notf"))

LINEAR = TrainOptions(text=("linear",), image=())

GRAPH_OF_A_MODEL = """
import sys
from pathlib import Path
import keras
from train.tensorboard_graph import write_graph
token_ids = keras.Input((None,), dtype="int32", name="token_ids")
words = keras.layers.Embedding(50, 4, name="embedding")(token_ids)
logits = keras.layers.Dense(3, name="logits")(keras.layers.GRU(4, name="gru")(words))
write_graph(keras.Model(token_ids, logits, name="bigru"), Path(sys.argv[1]))
"""


def train_small(home: Path, small_dir: Path, *, titles: bool = True) -> Run:
    run = Run.start(home, options=LINEAR.as_dict(), data=[small_dir])
    with Tracker(run, titles=titles) as tracker:
        for number in (1, 2, 3):
            tracker.epoch("bigru", number, {"loss": 3.0 / number, "weighted_f1": 0.2 * number, "learning_rate": 1e-3})
        train(load_folders([small_dir]), ModelStore(home / "models"), LINEAR, cache_dir=home / "cache", tracker=tracker)
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, small_dir: Path) -> Run:
    return train_small(tmp_path_factory.mktemp("tensorboard-home"), small_dir)


@pytest.fixture(scope="module")
def events(run: Run) -> EventAccumulator:
    accumulator = EventAccumulator(str(run.directory))
    return accumulator.Reload()


def test_scalars_are_there_by_expert_and_epoch_and_in_the_end(run: Run, events: EventAccumulator) -> None:
    losses = events.Scalars("bigru/loss")
    assert [(point.step, round(point.value, 3)) for point in losses] == [(1, 3.0), (2, 1.5), (3, 1.0)]
    fused = run.record.metrics["fusion"]
    assert events.Scalars("held_out/fusion/weighted_f1")[0].value == pytest.approx(fused["weighted_f1"])
    assert events.Scalars("held_out/fusion/interval_low")[0].value == pytest.approx(fused["interval"][0])
    assert 0 < events.Scalars("experts/linear_macro_f1")[0].value <= 1


def test_confusion_matrices_are_there_as_images(events: EventAccumulator) -> None:
    assert {"held_out/confusion_text", "held_out/confusion_fusion", "held_out/reliability"} <= set(
        events.Tags()["images"]
    )
    picture = events.Images("held_out/confusion_fusion")[0]
    assert picture.encoded_image_string.startswith(b"\x89PNG") and picture.width > 300


def test_the_projector_has_a_point_a_held_out_listing(run: Run) -> None:
    vectors = (run.directory / "projector/vectors.tsv").read_text().splitlines()
    header, *lines = (run.directory / "projector/metadata.tsv").read_text().splitlines()
    assert header.split("\t") == ["category", "predicted", "right", "title"]
    assert len(lines) == len(vectors) == run.record.metrics["fusion"]["rows"]
    assert {len(line.split("\t")) for line in lines} == {4} and len(vectors[0].split("\t")) == 3
    assert max(len(line.split("\t")[3]) for line in lines) <= LONGEST_TITLE
    assert f"tensor_shape: {len(vectors)}" in (run.directory / "projector_config.pbtxt").read_text()


def test_titles_are_left_out_where_they_belong_to_others(tmp_path: Path, small_dir: Path) -> None:
    run = train_small(tmp_path, small_dir, titles=False)
    header = (run.directory / "projector/metadata.tsv").read_text().splitlines()[0]
    assert header.split("\t") == ["category", "predicted", "right"]


@pytest.mark.slow
def test_the_graph_that_a_worker_left_is_shown_under_the_expert_s_name(tmp_path: Path) -> None:
    run = Run.start(tmp_path, options={}, data=[])
    file = run.work / "bigru" / GRAPH
    file.parent.mkdir(parents=True)
    subprocess.run([sys.executable, "-c", GRAPH_OF_A_MODEL, str(file)], check=True, capture_output=True)
    with pytest.raises(KeyboardInterrupt), Tracker(run) as tracker:
        tracker.epoch("bigru", 1, {"loss": 1.0})
        raise KeyboardInterrupt
    shown = EventAccumulator(str(run.directory / "bigru")).Reload()
    names = {node.name.partition("/")[0] for node in shown.Graph().node}
    assert "token_ids" in names and any("bigru" in name for name in names)


@pytest.mark.slow
def test_the_page_shows_the_runs_and_stops_on_sigterm(run: Run) -> None:
    home = run.directory.parents[1]
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        trial.listen()
        port = trial.getsockname()[1]
        command = [sys.executable, "-m", "rayonnage", "tensorboard", "--port", str(port)]
        environment = os.environ | {"RAYONNAGE_HOME": str(home)}
        taken = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (taken.returncode, taken.stderr.count("\n")) == (2, 1) and f"port {port} is taken" in taken.stderr
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}/" in process.stdout.readline()
        page = f"http://127.0.0.1:{port}/data"
        with httpx.Client(transport=httpx.HTTPTransport(retries=3), timeout=20) as client:
            shown: list[str] = []
            while run.record.run not in shown:
                shown = client.get(f"{page}/runs").json()
            assert json.loads(client.get(f"{page}/plugin/projector/runs").text) == [run.record.run]
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0

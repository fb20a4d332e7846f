"""Training on two workers, with the loss of one, and after a stop: each comes to what an undisturbed one came to."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from train.error import TrainError
from train.loop import Plan, Trained, fit

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("session_ray")]

ROOT = Path(__file__).parents[2]
IMPORTS = os.environ | {"PYTHONPATH": f"{ROOT}:{Path(__file__).parent}"}
"""For a process that imports this file, as its workers do."""

ROWS, CATEGORIES, EPOCHS, BATCH = 6_400, 4, 3, 32
STEPS = ROWS * 4 // 5 // BATCH


def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts of two to eleven words, two in five of which tell the category; every fifth is held out."""
    random = np.random.default_rng(0)
    class_index, lengths = random.integers(0, CATEGORIES, ROWS), random.integers(2, 12, ROWS)
    tells = random.random((ROWS, 12)) < 0.4
    words = np.where(tells, 1 + class_index[:, None] * 10 + random.integers(0, 10, (ROWS, 12)), 41)
    words += np.where(tells, 0, random.integers(0, 150, (ROWS, 12)))
    token_ids = np.where(np.arange(12) < lengths[:, None], words, 0).astype(np.int32)
    return token_ids, class_index, np.arange(ROWS) % 5 == 0


def network():  # type: ignore[no-untyped-def]
    import keras

    token_ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(200, 16, mask_zero=True)(token_ids)
    x = keras.layers.Dense(16)(x)  # over words: its gradient does not know its own shape
    return keras.Model(token_ids, keras.layers.Dense(CATEGORIES)(keras.layers.GRU(16)(x)))


def train(work_dir: Path, *, workers: int = 1, told: list[int] | None = None) -> Trained:
    token_ids, class_index, is_held_out = rows()
    plan = Plan(
        expert="bigru",
        build=network,
        categories=CATEGORIES,
        epochs=EPOCHS,
        batch_size=BATCH,
        learning_rate=2e-3,
        patience=EPOCHS,
        seed=5,
        warm_up=0.1,
        label_smoothing=0.05,
        pad_id=0,
        workers=workers,
    )

    def tell(_stage: str, done: int, _total: int) -> None:
        if told is not None:
            told.append(done)

    return fit(
        token_ids, class_index, is_held_out, check_inputs=token_ids[:4], plan=plan, work_dir=work_dir, progress=tell
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(tmp_path_factory.mktemp("undisturbed"))


def test_two_workers_of_which_one_is_lost_come_to_what_one_came_to(undisturbed: Trained, tmp_path: Path) -> None:
    told: list[int] = []
    killed: list[int] = []

    def kill_one_in_the_middle_of_the_second_epoch() -> None:
        while not told or told[-1] < STEPS + STEPS // 4:
            time.sleep(0.02)
        own = psutil.Process().children(recursive=True)  # another training on this machine is none of ours
        # process_iter passes over those that end while it looks
        named = [p for p in psutil.process_iter(["cmdline"]) if p in own]
        workers = [p for p in named if "ray::RayTrainWorker" in " ".join(p.info["cmdline"] or [])]
        killed.append(len(told))
        max(workers, key=lambda worker: worker.create_time()).send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill_one_in_the_middle_of_the_second_epoch, daemon=True)
    killer.start()
    two = train(tmp_path / "two", workers=2, told=told)
    assert killed
    assert min(told[killed[0] + 1 :]) >= STEPS, "it began again from the start, not from the checkpoint"
    one = undisturbed
    assert [epoch.epoch for epoch in two.history] == list(range(1, EPOCHS + 1))
    np.testing.assert_allclose([epoch.loss for epoch in two.history], [epoch.loss for epoch in one.history], rtol=1e-3)
    np.testing.assert_allclose(two.held_out_logits, one.held_out_logits, atol=0.01)
    assert one.history[-1].weighted_f1 > 0.9


def test_two_workers_of_which_each_has_a_node_of_its_own_come_to_what_one_came_to(
    undisturbed: Trained, tmp_path: Path
) -> None:
    program = """
import sys
from pathlib import Path
import test_distributed as own
import ray
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
cluster.add_node(num_cpus=1)
ray.init(cluster.address, log_to_driver=False)
own.train(Path(sys.argv[1]), workers=2)
ray.shutdown()
cluster.shutdown()
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, env=IMPORTS, check=True)
    np.testing.assert_allclose(train(tmp_path).held_out_logits, undisturbed.held_out_logits, atol=0.01)


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(undisturbed: Trained, tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path\nimport test_distributed as own\nown.train(Path(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(tmp_path / "stopped")]
    stopped = subprocess.Popen(command, cwd=ROOT, env=IMPORTS)
    progress = tmp_path / "stopped" / "progress.json"
    while not (progress.exists() and '"epoch": 1' in progress.read_text()):
        assert stopped.poll() is None
        time.sleep(0.05)
    time.sleep(0.3)  # into the second epoch
    os.kill(stopped.pid, signal.SIGINT)
    assert stopped.wait(60) != 0
    assert not (tmp_path / "stopped" / "history.json").exists()
    told: list[int] = []
    resumed = train(tmp_path / "stopped", told=told)
    assert min(done for done in told if done) >= STEPS
    np.testing.assert_allclose(resumed.held_out_logits, undisturbed.held_out_logits, atol=1e-4)
    losses = [epoch.loss for epoch in undisturbed.history]
    assert [epoch.loss for epoch in resumed.history] == pytest.approx(losses, rel=1e-4)


def test_a_checkpoint_holds_the_state_of_dropout_s_random_numbers() -> None:
    from bundle.keras_runner import import_keras
    from train.keras_text import bigru

    import_keras()
    model = bigru(vocabulary=10, categories=2, dropout=0.5)
    assert any("seed_generator" in variable.path for variable in model.variables)


def test_more_workers_than_the_machine_has_are_refused_with_what_to_ask_for(tmp_path: Path) -> None:
    with pytest.raises(TrainError, match=rf"--workers 99: there are \d+ CPUs.*ask for {os.cpu_count()}"):
        train(tmp_path, workers=99)

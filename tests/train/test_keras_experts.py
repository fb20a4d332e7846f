"""The reference design, trained through a real Ray Train: bigru and vgg16, tiny data, their true networks."""

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bundle.expert import Expert
from bundle.expert_bigru import BigruExpert
from bundle.expert_vgg16 import Vgg16Expert
from bundle.image import prepare_image
from bundle.text import CleanText
from train.error import DivergedError, TrainError
from train.keras_image import train_vgg16
from train.keras_job import KerasJob
from train.keras_text import train_bigru
from train.loop import Plan, fit
from train.options import TrainOptions
from train.vgg16 import FEATURES

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("session_ray")]

ROOT = Path(__file__).parents[2]
SHELVES = (("piscine gonflable", "jardin été"), ("livre ancien", "auteur page"), ("console jeu", "manette écran"))


@dataclass
class TrainedExpert:
    directory: Path
    inputs: list[CleanText] | np.ndarray
    class_index: np.ndarray
    is_held_out: np.ndarray
    logits: np.ndarray
    told: list[tuple[str, int, int]]


@pytest.fixture(scope="module")
def bigru(tmp_path_factory: pytest.TempPathFactory) -> TrainedExpert:
    generator = np.random.default_rng(0)
    class_index = np.arange(72) % 3
    texts = []
    for shelf in class_index:
        title, more = SHELVES[shelf]
        words = generator.permutation([*title.split(), "neuf", "bleu", "lot"])[: generator.integers(3, 6)]
        texts.append(CleanText(" ".join([title, *words]), more * int(generator.integers(0, 4))))
    is_held_out = generator.permutation(72) < 18
    told: list[tuple[str, int, int]] = []
    root = tmp_path_factory.mktemp("bigru")
    job = KerasJob(
        class_index,
        is_held_out,
        categories=4,
        options=TrainOptions(text=("bigru",), image=(), epochs=4, seed=5),
        directory=root / "text" / "bigru",
        work_dir=root / "work",
        cache_dir=root / "cache",
        progress=lambda *step: told.append(step),
    )
    logits = train_bigru(texts, job)
    return TrainedExpert(root / "text" / "bigru", texts, class_index, is_held_out, logits, told)


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory: pytest.TempPathFactory) -> TrainedExpert:
    generator = np.random.default_rng(1)
    class_index = np.arange(24) % 2
    photos = []
    for dark in class_index:
        patches = generator.integers(0, 80, (4, 4, 3)) + (0 if dark else 170)
        file = io.BytesIO()
        Image.fromarray(patches.astype(np.uint8)).resize((120, 90)).save(file, "JPEG")
        photos.append(file.getvalue())
    is_held_out = np.arange(24) % 4 >= 2
    told: list[tuple[str, int, int]] = []
    root = tmp_path_factory.mktemp("vgg16")
    job = KerasJob(
        class_index,
        is_held_out,
        categories=2,
        options=TrainOptions(text=(), image=("vgg16",), image_weights="none", epochs=4, seed=5),
        directory=root / "image" / "vgg16",
        work_dir=root / "work",
        cache_dir=root / "cache",
        progress=lambda *step: told.append(step),
    )
    logits = train_vgg16(photos, job)
    pixels = np.stack([prepare_image(photo) for photo in photos])
    return TrainedExpert(root / "image" / "vgg16", pixels, class_index, is_held_out, logits, told)


@pytest.fixture(params=["bigru", "vgg16"])
def trained(request: pytest.FixtureRequest) -> TrainedExpert:
    return request.getfixturevalue(request.param)


def _open(trained: TrainedExpert, device: str) -> Expert:
    expert = BigruExpert if trained.directory.name == "bigru" else Vgg16Expert
    return expert.open(trained.directory, threads=2, device=device)


def _probabilities(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_it_learns_and_answers_held_out_rows_only(trained: TrainedExpert) -> None:
    assert np.isnan(trained.logits[~trained.is_held_out]).all()
    answers = trained.logits[trained.is_held_out]
    assert np.isfinite(answers).all()
    right = answers.argmax(axis=1) == trained.class_index[trained.is_held_out]
    assert right.mean() >= 0.9


def test_progress_is_told_from_nothing_to_all(trained: TrainedExpert) -> None:
    steps = [(done, total) for stage, done, total in trained.told if stage == f"train {trained.directory.name}"]
    assert steps[0][0] == 0
    assert steps[-1][0] == steps[-1][1] > 1


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_the_served_form_answers_as_the_trained_one_did(trained: TrainedExpert, device: str) -> None:
    # Without a card, TensorFlow's GPU form computes on the CPU: the same code, the same answers.
    answers = _open(trained, device).logits(trained.inputs)
    assert answers.dtype == np.float32
    difference = _probabilities(answers[trained.is_held_out]) - _probabilities(trained.logits[trained.is_held_out])
    assert np.abs(difference).max() < 0.02


def test_an_empty_batch_has_no_answers(trained: TrainedExpert) -> None:
    assert _open(trained, "cpu").logits(trained.inputs[:0]).shape == (0, trained.logits.shape[1])


def test_serving_on_a_cpu_does_not_import_tensorflow(trained: TrainedExpert) -> None:
    name = trained.directory.name
    inputs = "[CleanText('piscine', '')]" if name == "bigru" else "np.zeros((1, 288, 288, 3), np.uint8)"
    program = (
        "import sys, numpy as np; from pathlib import Path; from bundle.text import CleanText\n"
        f"from bundle.expert_{name} import {name.title()}Expert as Expert\n"
        f"Expert.open(Path({str(trained.directory)!r}), threads=1, device='cpu').logits({inputs})\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=120)


def test_features_of_the_backbone_are_kept_by_content(vgg16: TrainedExpert) -> None:
    (backbone,) = (vgg16.directory.parents[1] / "cache").iterdir()
    files = list(backbone.rglob("*.npy"))
    assert backbone.name.startswith("vgg16-") and len(files) == 24
    assert np.load(files[0]).shape == (FEATURES,)


@pytest.mark.gpu
def test_on_a_card_the_answers_are_the_cpu_s(trained: TrainedExpert) -> None:
    import tensorflow as tf

    assert tf.config.list_physical_devices("GPU")
    difference = _probabilities(_open(trained, "gpu").logits(trained.inputs)) - _probabilities(
        _open(trained, "cpu").logits(trained.inputs)
    )
    assert np.abs(difference).max() < 0.02


def test_a_loss_that_is_no_number_stops_with_a_clear_error(tmp_path: Path) -> None:
    inputs = np.full((8, FEATURES), np.nan, np.float32)
    plan = Plan(
        expert="vgg16",
        build=_linear_head,
        categories=2,
        epochs=1,
        batch_size=3,
        learning_rate=1e-3,
        patience=1,
        seed=0,
    )
    rows = np.arange(8)
    with pytest.raises(DivergedError, match=r"vgg16 diverged.* epoch 1, step 1 \(rows x.csv:\d+, ") as error:
        fit(
            inputs,
            rows % 2,
            rows < 2,
            check_inputs=inputs[:1],
            plan=plan,
            work_dir=tmp_path,
            names=[f"x.csv:{row}" for row in rows],
        )
    assert len(error.value.rows) == 3


def test_nothing_held_out_is_refused_before_anything_starts(tmp_path: Path) -> None:
    texts = [CleanText("piscine", ""), CleanText("livre", "")]
    job = KerasJob(
        np.array([0, 1]),
        np.zeros(2, bool),
        categories=2,
        options=TrainOptions(text=("bigru",), image=(), epochs=1),
        directory=tmp_path / "bigru",
        work_dir=tmp_path / "work",
        cache_dir=tmp_path / "cache",
    )
    with pytest.raises(TrainError, match="rows held out"):
        train_bigru(texts, job)
    assert not (tmp_path / "bigru").exists()


def test_a_session_is_its_own_beside_a_foreign_ray() -> None:
    foreign = (
        "import ray; ray.init(address='local', include_dashboard=False, num_cpus=1, log_to_driver=False)\n"
        "print(ray.get_runtime_context().gcs_address, flush=True); input()"
    )
    ours = (
        "import ray, sys; from train.ray_session import ray_session\n"
        "with ray_session():\n"
        "    address = ray.get_runtime_context().gcs_address\n"
        "    with ray_session():\n"
        "        assert ray.get_runtime_context().gcs_address == address\n"
        "    assert ray.is_initialized()\n"
        "assert not ray.is_initialized()\n"
        "print(address)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", foreign], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as neighbour:
        assert neighbour.stdin is not None and neighbour.stdout is not None
        theirs = next(line for line in neighbour.stdout if ":" in line).strip()
        environment = os.environ | {"RAY_ADDRESS": theirs}
        answer = subprocess.run(
            [sys.executable, "-c", ours], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180
        )
        neighbour.stdin.write("\n")
    assert answer.returncode == 0, answer.stderr
    assert ":" in answer.stdout and answer.stdout.strip() != theirs


def _linear_head() -> object:
    """No ReLU, which makes 0 of a NaN on some CPUs."""
    import keras

    return keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(2)])

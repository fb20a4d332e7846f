"""The fusion search finds weights that hold on rows it never saw, and can put them into a new version."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import ray

import rayonnage
from bundle.fusion import Fusion, softmax
from bundle.manifest import HELD_OUT, ExpertEntry
from bundle.predictor import Predictor
from bundle.store import ModelStore
from datasets.folder import load_folders
from train.fusion import LEAST_MODALITY_WEIGHT
from tune.error import OtherDataError, TuneError
from tune.fusion import search
from tune.fusion_point import FusionPoint, calibrated, climb, fuse, likelihood, normalised
from tune.fusion_report import search_tables, write_search
from tune.fusion_screen import likelihoods, random_points
from tune.held_out import HeldOutLogits, halves
from tune.publish import publish_point
from tune.subject import version_trained_on

ROOT = Path(rayonnage.__file__).parent
CURRENT = FusionPoint({"linear": 0.1, "other": 0.2, "lite0": 0.7}, {"linear": 1.0, "other": 1.0, "lite0": 1.0})


@pytest.fixture(scope="module")
def held_out() -> HeldOutLogits:
    """A good text expert, a middling one, and a photo expert that knows little; 40 % of the rows bring both."""
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 8, 1200)

    def logits(skill: float, silent: np.ndarray) -> np.ndarray:
        values = generator.normal(size=(1200, 8)).astype(np.float32)
        values[np.arange(1200), truth] += skill
        values[silent] = np.nan
        return values

    brings = generator.uniform(size=1200)
    no_text, no_photo = brings < 0.3, brings > 0.7
    return HeldOutLogits(
        modalities={"linear": "text", "other": "text", "lite0": "image"},
        logits={"linear": logits(3.0, no_text), "other": logits(2.0, no_text), "lite0": logits(0.8, no_photo)},
        class_index=truth,
        groups=np.arange(1200) // 3,
    )


def test_the_rule_is_that_of_serving(held_out: HeldOutLogits, small_store: ModelStore) -> None:
    experts = [
        ExpertEntry(name=n, modality=m, directory=f"{m}/{n}", temperature=1, weight=CURRENT.weights[n])
        for n, m in held_out.modalities.items()
    ]
    manifest = small_store.manifest().model_copy(update={"experts": experts, "situations": {}})
    served = Fusion(manifest)
    votes = {name: softmax(logits) for name, logits in held_out.logits.items()}

    fused = fuse(held_out, CURRENT)

    for situation, modalities in ((1, ["text"]), (2, ["image"]), (3, ["text", "image"])):
        rows = held_out.situations == situation
        assert rows.sum() > 100
        experts_of = {
            m: np.stack([votes[n][rows] for n, reads in held_out.modalities.items() if reads == m], axis=1)
            for m in modalities
        }
        assert fused[rows] == pytest.approx(served.fuse(experts_of)[1], abs=1e-6)


def test_an_expert_without_weight_still_answers_alone(held_out: HeldOutLogits) -> None:
    point = FusionPoint({"linear": 0.5, "other": 0.5, "lite0": 0.0}, CURRENT.temperatures)
    alone = held_out.situations == 2
    fused = fuse(held_out, point)
    assert np.isfinite(fused).all()
    assert fused[alone] == pytest.approx(softmax(held_out.logits["lite0"][alone]))


def test_weights_add_up_and_no_modality_falls_silent(held_out: HeldOutLogits) -> None:
    weights = normalised({"linear": 0.5, "other": 1.0, "lite0": 0.001}, held_out.modalities)
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["lite0"] == pytest.approx(LEAST_MODALITY_WEIGHT)
    assert weights["other"] == pytest.approx(2 * weights["linear"])
    assert normalised({"linear": 2.0}, {"linear": "text"}) == {"linear": 1.0}


def test_no_group_is_searched_and_judged_on(held_out: HeldOutLogits) -> None:
    searched, unseen = halves(held_out)
    assert not set(searched.groups) & set(unseen.groups)
    assert len(searched.class_index) + len(unseen.class_index) == 1200
    with pytest.raises(TuneError, match="one group"):
        halves(HeldOutLogits(held_out.modalities, held_out.logits, held_out.class_index, np.zeros(1200, int)))


def test_a_climb_ends_higher_and_near_the_calibrated_temperatures(held_out: HeldOutLogits) -> None:
    centre = calibrated(held_out)
    point = climb(held_out, CURRENT, centre=centre)
    assert likelihood(held_out, point) > likelihood(held_out, CURRENT) + 0.05
    assert all(0.49 < point.temperatures[name] / centre[name] < 2.01 for name in centre)
    assert point.weights["lite0"] < 0.5 < point.weights["linear"] + point.weights["other"]


def test_rows_that_an_expert_of_a_modality_missed_count_as_without_it(tmp_path: Path) -> None:
    nothing = [np.nan, np.nan]
    np.savez(
        tmp_path / HELD_OUT,
        class_index=np.array([0, 1, 1, 0]),
        groups=np.arange(4),
        logits_linear=np.array([[1, 0], [0, 1], nothing, [1, 0]], np.float16),
        logits_bigru=np.array([[1, 0], nothing, nothing, nothing], np.float16),
        logits_lite0=np.array([[1, 0], [1, 0], [1, 0], nothing], np.float16),
    )
    names = (("linear", "text"), ("bigru", "text"), ("lite0", "image"))
    experts = [ExpertEntry(name=n, modality=m, directory=n, temperature=1, weight=1 / 3) for n, m in names]

    read = HeldOutLogits.read(tmp_path / HELD_OUT, experts)

    assert read.situations.tolist() == [3, 2, 2]
    assert read.class_index.tolist() == [0, 1, 1]
    with pytest.raises(TuneError, match="train again"):
        HeldOutLogits.read(tmp_path / "nothing.npz", experts)


def test_many_points_at_once_are_as_likely_as_each_alone(held_out: HeldOutLogits) -> None:
    points = random_points(held_out, 7, centre=calibrated(held_out), seed=3)
    together = likelihoods(held_out, points)
    assert together == pytest.approx([likelihood(held_out, point) for point in points], abs=1e-4)


def test_a_thousand_trials_come_at_least_as_high_as_a_climb(held_out: HeldOutLogits) -> None:
    seen: list[tuple[str, int, int]] = []
    found = search(held_out, CURRENT, trials=1000, progress=lambda *step: seen.append(step))
    searched, _ = halves(held_out)
    climbed = climb(searched, CURRENT, centre=calibrated(searched))

    assert found.better and found.gain.interval[0] > 0
    assert likelihood(searched, found.best) > likelihood(searched, climbed) - 1e-3
    assert sorted(trial.number for trial in found.trials) == list(range(1000))
    whole = [trial for trial in found.trials if trial.weighted_f1 is not None]
    assert found.trials[: len(whole)] == whole and {t.rows for t in whole} == {len(searched.class_index)}
    assert seen[0] == ("trials", 0, 1000) and seen[-1] == ("trials", 1000, 1000)
    assert search_tables(found).renderables


@pytest.mark.slow
@pytest.mark.usefixtures("session_ray")
def test_a_search_improves_unseen_rows_and_gives_every_cpu_back(held_out: HeldOutLogits, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    told = lambda *step: seen.append(step)  # noqa: E731
    found = search(held_out, CURRENT, trials=4, through_ray=True, concurrent=2, progress=told)
    every_cpu, deadline = ray.cluster_resources()["CPU"], time.monotonic() + 15
    while ray.available_resources().get("CPU") != every_cpu and time.monotonic() < deadline:
        time.sleep(0.2)
    assert ray.available_resources().get("CPU") == every_cpu

    assert seen[0] == ("trials", 0, 4) and seen[-1] == ("trials", 4, 4)
    assert len(found.trials) == 4 and found.better
    assert found.gain.interval[0] > 0
    assert [t.log_likelihood for t in found.trials] == sorted((t.log_likelihood for t in found.trials), reverse=True)
    files = write_search(found, held_out, tmp_path / "out")
    assert [file.name for file in files] == ["best.json", "trials.json", "weights.png"]
    assert json.loads(files[0].read_text())["weights"] == found.best.weights
    assert search_tables(found).renderables


@pytest.mark.slow
def test_a_published_point_answers_with_its_weights(small_store: ModelStore, small_dir: Path, tmp_path: Path) -> None:
    store = ModelStore(shutil.copytree(small_store.url, tmp_path / "models"))
    parent = store.manifest()
    held_out = HeldOutLogits.read(store.open_path() / HELD_OUT, parent.experts)
    point = FusionPoint({"linear": 0.6, "e5": 0.3, "lite0": 0.1}, {"linear": 0.5, "e5": 1.5, "lite0": 0.7})

    version = publish_point(store, parent.version, point, held_out, promote=False)

    manifest = store.manifest(version)
    assert store.champion() == parent.version == manifest.parent
    assert FusionPoint.of(manifest.experts) == point
    assert manifest.situations["both"].rows == parent.situations["both"].rows
    assert set(manifest.files) == set(parent.files)
    products = load_folders([small_dir]).products[:30]
    both = [product.listing for product in products if product.designation and product.image]
    predictions = Predictor.open(store.open_path(version)).predict(both)
    vote = predictions[0].votes["text"]
    assert vote is not None and vote.weight == pytest.approx(0.9)


@pytest.mark.slow
def test_the_point_where_a_version_stands_is_calibrated_as_it_was(small_store: ModelStore, tmp_path: Path) -> None:
    store = ModelStore(shutil.copytree(small_store.url, tmp_path / "models"))
    parent = store.manifest()
    held_out = HeldOutLogits.read(store.open_path() / HELD_OUT, parent.experts)
    version = publish_point(store, parent.version, FusionPoint.of(parent.experts), held_out, promote=False)
    for situation, entry in store.manifest(version).situations.items():
        assert entry.temperature == pytest.approx(parent.situations[situation].temperature, rel=0.01)


@pytest.mark.slow
def test_only_a_version_trained_on_the_data_is_searched(
    small_store: ModelStore, small_dir: Path, tmp_path: Path, write_small_folder: Callable[..., Path]
) -> None:
    assert version_trained_on(small_store, load_folders([small_dir])).version == small_store.champion()
    other = write_small_folder(tmp_path / "other", rows=12, seed=3)
    with pytest.raises(OtherDataError, match="trained on other data"):
        version_trained_on(small_store, load_folders([other]))


@pytest.mark.slow
def test_the_command_prints_one_json_document(small_store: ModelStore, small_dir: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "rayonnage.py"), "tune", "fusion", "--data", str(small_dir)]
    command += ["--trials", "3", "--store", small_store.url, "--output", str(tmp_path / "out"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["version"] == small_store.champion() and len(document["trials"]) == 3
    assert document["applied"] is None and (tmp_path / "out" / "weights.png").is_file()

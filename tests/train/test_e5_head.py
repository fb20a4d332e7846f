"""The head of the `e5` expert, and a training with it from the options to the answers of a copied bundle."""

import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from bundle.e5 import load_e5_weights
from bundle.predictor import Predictor
from bundle.store import ModelStore
from bundle.text import CleanText
from datasets.folder import load_folders
from datasets.listing import Listing
from train.e5_head import e5_vectors, fit_e5_head
from train.options import TrainOptions
from train.pipeline import train
from train.softmax_head import ABSENT_BIAS

TEXTS = [CleanText("roman policier", ""), CleanText("piscine gonflable", "bleue"), CleanText("roman policier", "")]


def test_vectors_come_from_the_cache_the_second_time(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    first = e5_vectors(TEXTS, cache_dir=tmp_path, progress=lambda *step: told.append(step))
    assert first.shape == (3, 2, 384) and first.dtype == np.float32
    np.testing.assert_array_equal(first[0], first[2])
    assert told[0][0].startswith("features e5") and [step[1:] for step in told] == [(0, 3), (3, 3)]
    again = e5_vectors(TEXTS, cache_dir=tmp_path, progress=lambda *step: told.append(step))
    np.testing.assert_array_equal(first, again)
    assert told[2][1:] == (3, 3)


def test_a_title_is_read_alone_too_where_a_description_follows(tmp_path: Path) -> None:
    vectors = e5_vectors(TEXTS, cache_dir=tmp_path)
    assert np.isnan(vectors[:, 1, 0]).tolist() == [True, False, True]
    (alone, _), *_ = e5_vectors([CleanText("piscine gonflable", "")], cache_dir=tmp_path)
    np.testing.assert_array_equal(vectors[1, 1], alone)


def test_a_head_learns_rare_categories_and_leaves_absent_ones_far_below() -> None:
    rng = np.random.default_rng(0)
    class_index = np.array([0] * 80 + [1] * 40 + [3] * 6)
    vectors = rng.normal(size=(4, 384))[class_index] + rng.normal(size=(126, 384))
    coef, bias = fit_e5_head(vectors.astype(np.float32), class_index, categories=5, seed=1)
    logits = vectors @ coef + bias
    assert coef.shape == (384, 5) and coef.dtype == bias.dtype == np.float32
    assert (logits.argmax(axis=1) == class_index).mean() > 0.95
    assert (logits[:, [2, 4]] == ABSENT_BIAS).all()


def test_one_category_alone_is_always_answered() -> None:
    coef, bias = fit_e5_head(np.ones((3, 384), np.float32), np.array([1, 1, 1]), categories=2, seed=1)
    assert not coef.any() and bias.tolist() == [ABSENT_BIAS, 0]


def test_the_default_model_reads_text_with_linear_and_e5(small_store: ModelStore) -> None:
    predictor = Predictor.open(small_store.open_path(), modalities=["text"])
    assert [entry.name for entry in predictor.manifest.experts_of("text")] == ["linear", "e5"]
    listings = [Listing("peluche ours abcdef", ""), Listing("bâche piscine", "en bon état " * 200)]
    answers = [predictor.manifest.codes[answer.ranking[0]] for answer in predictor.predict(listings)]
    assert answers == [1280, 2583]


def test_a_bundle_answers_the_same_elsewhere(tmp_path: Path, small_dir: Path) -> None:
    """It carries encoder and pieces: nothing of the place where it was trained is needed."""
    store = ModelStore(tmp_path / "models")
    options = TrainOptions(text=("linear", "e5"), image=())
    version = train(load_folders([small_dir]), store, options, cache_dir=tmp_path / "cache").version
    copy = Path(shutil.copytree(store.open_path(version), tmp_path / "elsewhere" / version))
    assert load_e5_weights().keys() == load_file(copy / "text" / "e5" / "encoder.safetensors").keys()
    listings = [Listing("peluche ours abcdef", ""), Listing("🎁", ""), Listing("", "bâche de piscine")]
    there = Predictor.open(store.open_path(version), threads=1).predict(listings)
    here = Predictor.open(copy, threads=1).predict(listings)
    for one, other in zip(there, here, strict=True):
        np.testing.assert_array_equal(one.probabilities, other.probabilities)

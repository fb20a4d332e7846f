"""The small training: the champion's heads fitted anew on new products and a replay of the old ones."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bundle.expert_linear import STEEPNESS, margin_logits
from bundle.store import ModelStore
from datasets.folder import load_folders
from train.error import TrainError
from train.linear import fit_classifiers, fit_linear, tfidf_features
from train.rows import labelled_rows
from train.small import LEAST_OF_CATEGORY, replay, train_small

WriteFolder = Callable[..., Path]


@pytest.fixture
def store(small_store: ModelStore, tmp_path: Path) -> ModelStore:
    """A copy of the small store, to publish in."""
    return ModelStore(shutil.copytree(small_store.url, tmp_path / "models"))


def test_features_by_a_kept_vocabulary_give_the_expert_that_fitted_it(small_dir: Path) -> None:
    dataset = load_folders([small_dir])
    rows = labelled_rows(dataset, codes=dataset.codes, seed=7)
    fitted = fit_linear(rows.texts, rows.class_index, categories=3, seed=7)
    features = tfidf_features(rows.texts, fitted.tfidf)
    coef, bias = fit_classifiers(features, rows.class_index, categories=3, seed=7)
    # As near as the solver's tolerance brings two fits of the same features.
    np.testing.assert_allclose(margin_logits(features @ coef + bias, STEEPNESS), fitted.logits(rows.texts), atol=0.02)


def test_a_replay_keeps_every_new_product_and_a_share_of_each_old_category(
    small_dir: Path, write_small_folder: WriteFolder, tmp_path: Path
) -> None:
    products = write_small_folder(tmp_path / "products", rows=30, seed=2)
    dataset = load_folders([small_dir, products])
    kept = replay(dataset, dataset.codes, source=products, seed=7, most=90)
    new = [product for product in kept.products if product.source.parent == products]
    assert len(new) == 30
    old = Counter(product.prdtypecode for product in kept.products if product.source.parent != products)
    everything = Counter(load_folders([small_dir]).counts())
    assert old == {code: round(rows * 90 / everything.total()) for code, rows in everything.items()}
    assert replay(dataset, dataset.codes, source=products, seed=7, most=90) == kept


def test_a_replay_keeps_rare_categories_and_leaves_out_unknown_ones(
    small_dir: Path, write_small_folder: WriteFolder, tmp_path: Path
) -> None:
    products = write_small_folder(tmp_path / "products", rows=9, seed=2)
    dataset = load_folders([small_dir, products])
    kept = replay(dataset, [10, 1280], source=products, seed=7, most=1)
    old = Counter(product.prdtypecode for product in kept.products if product.source.parent != products)
    assert old == {10: LEAST_OF_CATEGORY, 1280: LEAST_OF_CATEGORY}
    assert set(kept.counts()) == {10, 1280}


def test_the_small_training_keeps_vocabulary_and_categories_of_the_champion(
    store: ModelStore, small_dir: Path, write_small_folder: WriteFolder, tmp_path: Path
) -> None:
    champion = store.champion()
    products = write_small_folder(tmp_path / "products", rows=40, seed=2, codes=(10, 1280))
    stages: list[str] = []

    def progress(stage: str, done: int, total: int) -> None:  # noqa: ARG001
        stages.append(stage)

    trained = train_small(
        [small_dir],
        products,
        store,
        cache_dir=tmp_path / "cache",
        promote=False,
        progress=progress,
    )
    assert store.champion() == champion
    manifest, before = store.manifest(trained.version), store.manifest(champion)
    assert manifest.parent == champion
    assert manifest.training["small"] and not before.training["small"]
    assert manifest.categories == before.categories
    assert manifest.data.rows == 160
    for name in ("text/linear/terms.json", "text/e5/encoder.safetensors"):
        assert manifest.files[name] == before.files[name]
    for name in ("text/linear/linear.safetensors", "text/e5/head.safetensors", "image/lite0/model.bin"):
        assert manifest.files[name] != before.files[name]
    assert manifest.metrics["fusion"]["rows"] == 160
    assert {"split", "train linear", "train e5", "train lite0", "fuse"} <= set(stages)


def test_an_expert_without_frozen_features_is_refused(store: ModelStore, tmp_path: Path) -> None:
    champion = store.manifest()
    with store.staging() as staging:
        shutil.copytree(store.open_path(), staging, dirs_exist_ok=True)
        (staging / "manifest.json").unlink()
        said = {"training": champion.training | {"text": ("bigru",)}}
        store.publish(staging, champion.model_copy(update=said), promote=True)
    with pytest.raises(TrainError, match="full training"):
        train_small([tmp_path], tmp_path, store, cache_dir=tmp_path / "cache")

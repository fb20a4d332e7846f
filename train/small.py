"""The small training: the champion goes on from new products and a replay of what it learned before.

Its vocabulary and the frozen backbones stay as they are; only the heads are fitted anew, so it takes a fraction of the
time of a training from the start.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bundle.expert_linear import LinearExpert, Vocabulary
from bundle.manifest import Manifest
from bundle.store import ModelStore
from datasets.dataset import Dataset
from datasets.folder import load_folders
from datasets.progress import Progress, silent
from train.error import TrainError
from train.fitted import Kept
from train.options import TrainOptions
from train.pipeline import Trained, train
from train.tracker import Tracker

REPLAYED = 6_000
"""Rows of the base folders that are learned from again, at most."""

LEAST_OF_CATEGORY = 20
"""Replayed rows of a rare category, where it has as many."""


def train_small(
    base: Sequence[Path],
    products: Path,
    store: ModelStore,
    *,
    cache_dir: Path,
    promote: bool = True,
    progress: Progress = silent,
    tracker: Tracker | None = None,
) -> Trained:
    """Refit the champion's heads on all new products and a sample of the base folders.

    Args:
        base: the folders that the champion learned from.
        products: the folder of new products.
        cache_dir, promote, tracker: as `train.pipeline.train` has them.
    Raises:
        TrainError: the champion has an expert whose features are not frozen, or no row can be learned from.
        NoSuchVersionError: there is no champion.
    """
    champion = store.manifest()
    options = TrainOptions.of(champion)
    for name in options.by_keras:
        if name != "vgg16":
            raise TrainError(f"{name} of the champion has no frozen features to go on from: start a full training")
    dataset = load_folders([*base, products], progress=progress)
    return train(
        replay(dataset, champion.codes, source=products, seed=options.seed),
        store,
        options,
        cache_dir=cache_dir,
        promote=promote,
        progress=progress,
        kept=Kept(champion.categories, _vocabulary(store.open_path(), champion)),
        tracker=tracker,
    )


def replay(dataset: Dataset, codes: Sequence[int], *, source: Path, seed: int, most: int = REPLAYED) -> Dataset:
    """The products of one folder, and a sample of the others stratified by category.

    Args:
        codes: categories that the champion knows; rows of others are left out.
        source: the folder whose products all stay.
    """
    generator = np.random.default_rng(seed)
    new: list[int] = []
    old: dict[int, list[int]] = {code: [] for code in codes}
    for place, product in enumerate(dataset.products):
        if product.prdtypecode is not None and product.prdtypecode in old:
            (new if product.source.parent == source else old[product.prdtypecode]).append(place)
    share = min(1.0, most / max(1, sum(map(len, old.values()))))
    for places in old.values():
        quota = min(len(places), max(round(share * len(places)), LEAST_OF_CATEGORY))
        new += generator.choice(places, quota, replace=False).tolist() if places else []
    kept = [dataset.products[place] for place in sorted(new)]
    return replace(dataset, products=kept)


def _vocabulary(bundle_dir: Path, manifest: Manifest) -> Vocabulary | None:
    for expert in manifest.experts:
        if expert.name == "linear":
            return LinearExpert.open(bundle_dir / expert.directory, threads=None, device="cpu").tfidf
    return None

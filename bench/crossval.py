"""Five-fold cross-validation of the whole training, on any data folder.

    python -m bench.crossval --data ../listings

For each fold a bundle is trained on the other folds (its own calibration and fusion weights included) and answers the
rows held out, through the same `Predictor` that serves. No product, group, text or photo is on two sides of a fold.
"""

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.error import BenchError
from bundle.manifest import CategoryEntry
from bundle.predictor import Predictor
from bundle.store import ModelStore
from datasets.dataset import Dataset
from datasets.folder import load_folders
from datasets.progress import Progress, silent
from datasets.split import group_folds, group_ids
from train.evaluation import Evaluation, Votes, evaluate, judge
from train.expert import TrainOptions
from train.pipeline import train


def cross_validate(
    dataset: Dataset, options: TrainOptions, *, folds: int, cache_dir: Path, progress: Progress = silent
) -> Evaluation:
    """Judge answers to every row, each by a bundle that was trained without the row's fold.

    Raises:
        BenchError: a category lies in one fold only, so some bundle would not know it.
    """
    products = np.array(dataset.products, dtype=object)
    labels = np.array([product.prdtypecode for product in products])
    fold_of = group_folds(labels, group_ids(dataset.products), folds=folds, seed=options.seed)
    parts: list[Evaluation] = []
    for fold in range(folds):
        progress("folds", fold, folds)
        learned = replace(dataset, products=products[fold_of != fold].tolist())
        held_out = replace(dataset, products=products[fold_of == fold].tolist())
        if learned.codes != dataset.codes:
            missing = sorted(set(dataset.codes) - set(learned.codes))
            raise BenchError(f"categories {missing} have too few rows for {folds} folds")
        with tempfile.TemporaryDirectory() as directory:
            store = ModelStore(directory)
            version = train(learned, store, options, cache_dir=cache_dir, progress=progress).version
            parts.append(evaluate(Predictor.open(store.open_path(version)), held_out, progress=progress))
    progress("folds", folds, folds)
    return _joined(parts, parts[0].categories)


def _joined(parts: list[Evaluation], categories: list[CategoryEntry]) -> Evaluation:
    votes = [part.votes for part in parts]
    joined = Votes(
        probabilities={p: np.concatenate([v.probabilities[p] for v in votes]) for p in votes[0].probabilities},
        weights={m: np.concatenate([v.weights[m] for v in votes]) for m in votes[0].weights},
        category_sets=[category_set for v in votes for category_set in v.category_sets],
        promised=np.concatenate([v.promised for v in votes]),
    )
    products = [product for part in parts for product in part.products]
    unanswered = [product for part in parts for product in part.unanswered]
    return judge("cross-validation", categories, products, joined, unanswered=unanswered)


def main() -> None:
    """Print the scores as the JSON of `rayonnage evaluate --json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--text", default="linear,e5")
    parser.add_argument("--image", default="lite0")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--cache", type=Path, help="keeps photo features between runs; default: for this run only")
    given = parser.parse_args()
    options = TrainOptions(tuple(given.text.split(",")), tuple(given.image.split(",")), seed=given.seed)
    from rayonnage import bars

    with bars() as progress, tempfile.TemporaryDirectory() as for_this_run:
        evaluation = cross_validate(
            load_folders(given.data, progress=progress),
            options,
            folds=given.folds,
            cache_dir=given.cache or Path(for_this_run),
            progress=progress,
        )
    print(json.dumps(evaluation.as_json(), indent=1))


if __name__ == "__main__":
    main()

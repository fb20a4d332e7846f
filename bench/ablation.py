"""What each part of the answer is worth, on any data folder: every expert alone, each modality, all fused.

    python -m bench.ablation --data ../listings                     # five-fold cross-validation
    python -m bench.ablation --data ../listings --pairs             # the same, judged on rows with text and photo only
    python -m bench.ablation --data debian/train --test debian/test # one training, judged on a held-out folder

In each fold all is learned on the other folds (temperatures, fusion weights and conformal thresholds included) and
judged on the rows held out. No product, group, text or photo is on two sides of a fold.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from rich.console import Console

from bench.ablation_table import as_json, as_markdown, as_table, gain_lines
from bench.baseline import NAME, margins, tfidf_svc
from bench.error import BenchError
from bench.way import FUSED, Ways, fold_ways, pool_name
from bundle.expert_bigru import joined
from bundle.fusion import MODALITIES
from bundle.text import has_text, prepare_text
from datasets.dataset import Dataset
from datasets.folder import load_folders
from datasets.progress import Progress, silent
from datasets.split import group_folds, group_ids
from train.expert import fit_experts
from train.fitted import FittedExpert
from train.options import TrainOptions, read_config
from train.rows import Rows, labelled_rows


def ablate(
    parts: Iterator[tuple[Dataset, Dataset]],
    options: TrainOptions,
    *,
    cache_dir: Path,
    baseline: bool = True,
    progress: Progress = silent,
) -> Ways:
    """Learn on the first dataset of each pair, and judge every way to answer on the second; all pairs together.

    Args:
        parts: pairs that have no product, group, text or photo in common.
        baseline: also fit scikit-learn's TF-IDF and LinearSVC on the texts.
    Raises:
        BenchError: rows are judged that have a category which no row was learned from.
    """
    ways = Ways()
    for learned, held_out in parts:
        if missing := sorted(set(held_out.codes) - set(learned.codes)):
            raise BenchError(f"categories {missing} have rows to judge and none to learn from")
        rows = labelled_rows(learned, codes=learned.codes, seed=options.seed)
        judged = labelled_rows(held_out, codes=learned.codes, seed=options.seed)
        with tempfile.TemporaryDirectory() as name:
            fitted, seconds = _fit(
                rows, options, categories=len(learned.codes), staging=Path(name), cache_dir=cache_dir, progress=progress
            )
            ways.extend(fold_ways(rows, judged, fitted, learned, staging=Path(name)), seconds)
        if baseline and options.text:
            started = time.monotonic()
            answers = _baseline(rows, judged, categories=len(learned.codes), seed=options.seed)
            ways.add_baseline(NAME, answers, judged.class_index[judged.has_text], time.monotonic() - started)
    return ways


def folds_of(dataset: Dataset, *, folds: int, seed: int, pairs_only: bool = False) -> Iterator[tuple[Dataset, Dataset]]:
    """Each fold held out in turn.

    Args:
        pairs_only: judge only rows that have both a text and a photo. They alone make the folds; what has nothing in
            common with the fold that is judged is learned from.
    Raises:
        BenchError: a category lies in one fold only, or no row has both.
    """
    products = np.array(dataset.products, dtype=object)
    labels = np.array([product.prdtypecode for product in products])
    groups = group_ids(dataset.products)
    judged = np.ones(len(products), bool)
    if pairs_only:
        judged = np.array([p.image is not None and has_text(prepare_text(p.listing)) for p in products], bool)
        if not judged.any():
            raise BenchError("no row has both a text and a photo")
    in_folds = np.isin(groups, groups[judged])
    fold_of = np.full(len(products), -1)
    fold_of[in_folds] = group_folds(labels[in_folds], groups[in_folds], folds=folds, seed=seed)
    for fold in range(folds):
        learned = replace(dataset, products=products[fold_of != fold].tolist())
        if missing := sorted(set(dataset.codes) - set(learned.codes)):
            raise BenchError(f"categories {missing} have too few rows for {folds} folds")
        yield learned, replace(dataset, products=products[(fold_of == fold) & judged].tolist())


def _fit(
    rows: Rows, options: TrainOptions, *, categories: int, staging: Path, cache_dir: Path, progress: Progress
) -> tuple[list[FittedExpert], dict[str, float]]:
    """Every expert, one after the other, and the seconds that each took."""
    fitted: list[FittedExpert] = []
    seconds: dict[str, float] = {}
    for name in (*options.text, *options.image):
        # Fine-tuning of an expert that is not trained now is refused, so it is left out.
        one = replace(
            options,
            text=(name,) if name in options.text else (),
            image=(name,) if name in options.image else (),
            fine_tune=options.fine_tune and name == "e5",
            fine_tune_blocks=options.fine_tune_blocks if name == "lite0" else 0,
        )
        started = time.monotonic()
        experts, _ = fit_experts(
            rows, one, categories=categories, staging=staging, cache_dir=cache_dir, progress=progress
        )
        fitted += experts
        seconds[name] = time.monotonic() - started
    for modality in MODALITIES:
        seconds[pool_name(fitted, modality)] = sum(seconds[e.name] for e in fitted if e.modality == modality)
    return fitted, seconds | {FUSED: sum(seconds[expert.name] for expert in fitted)}


def _baseline(rows: Rows, judged: Rows, *, categories: int, seed: int) -> np.ndarray:
    learned = [joined(text) for text, there in zip(rows.texts, rows.has_text, strict=True) if there]
    fitted = tfidf_svc(seed=seed).fit(learned, rows.class_index[rows.has_text])
    asked = [joined(text) for text, there in zip(judged.texts, judged.has_text, strict=True) if there]
    return margins(fitted, asked, categories=categories)


def main() -> None:
    """Print the table, or the same as JSON or Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True, help="folder; may be given several times")
    parser.add_argument("--test", type=Path, action="append", help="judge on this folder instead of cross-validation")
    parser.add_argument("--config", type=Path, help="options of the training as YAML")
    parser.add_argument("--text", help="text experts, with commas, or none; default: the config's")
    parser.add_argument("--image", help="image experts, with commas, or none; default: the config's")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--first", type=int, help="train and judge only so many of the folds")
    parser.add_argument("--pairs", action="store_true", help="judge, and make the folds of, rows with text and photo")
    parser.add_argument("--no-baseline", action="store_true", help="leave scikit-learn's baseline out")
    parser.add_argument("--cache", type=Path, help="keeps features between runs, whose time then is not in the seconds")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true")
    shown.add_argument("--markdown", action="store_true", help="the table as docs/accuracy.md has it")
    given = parser.parse_args()
    from rayonnage import _names, bars

    options = TrainOptions.from_mapping(read_config(given.config)) if given.config else TrainOptions()
    if given.text is not None:
        options = replace(options, text=_names(given.text))
    if given.image is not None:
        options = replace(options, image=_names(given.image))
    with bars() as progress, tempfile.TemporaryDirectory() as for_this_run:
        dataset = load_folders(given.data, progress=progress)
        parts = (
            iter([(dataset, load_folders(given.test, progress=progress))])
            if given.test
            else islice(folds_of(dataset, folds=given.folds, seed=options.seed, pairs_only=given.pairs), given.first)
        )
        cache_dir = given.cache or Path(for_this_run)
        ways = ablate(parts, options, cache_dir=cache_dir, baseline=not given.no_baseline, progress=progress)
    if given.json:
        print(json.dumps(as_json(ways), indent=1))
    elif given.markdown:
        print(as_markdown(ways))
    else:
        Console(width=None if Console().is_terminal else 140).print(as_table(ways), highlight=False)
        print("\n".join(gain_lines(ways)))


if __name__ == "__main__":
    main()

"""Seconds that ways to train need until they reach a weighted F1 on titles and descriptions that they never saw."""

import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.baseline import NAME, margins, tfidf_svc
from bench.plain_keras import PlainProcess, fit_bigru
from bench.way import fold_ways, pool_name
from bundle.expert_bigru import joined
from bundle.tokenizer import MAX_TOKENS, PAD_ID, Tokenizer
from datasets.bundled import sample_path
from datasets.dataset import Dataset
from datasets.folder import load_folders
from datasets.progress import Progress, silent
from train.expert import fit_experts
from train.options import TrainOptions
from train.rows import Rows, labelled_rows
from train.scores import weighted_f1

SEED = 7


@dataclass(frozen=True, slots=True)
class Reached:
    """One way: seconds of its training, and the weighted F1 it came to.

    Attributes:
        seconds: until the target; of the whole training where it was not reached.
        reached: whether the target was.
    """

    way: str
    seconds: float
    weighted_f1: float
    reached: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def time_to_f1(
    *, rows: int, target: float, epochs: int, plain: PlainProcess, progress: Progress = silent
) -> list[Reached]:
    """Train three ways on the sample's texts, a fifth of which is held out by groups.

    Ours answers the default way, calibration and fusion weights included. What trains in one piece takes that long.

    Args:
        rows: of the sample, at most.
        epochs: of plain Keras, at most.
    """
    learned, held_out = _parts(rows)
    train_rows, test_rows = (labelled_rows(part, codes=learned.codes, seed=SEED) for part in (learned, held_out))
    ways = [
        _ours(train_rows, test_rows, learned, progress=progress),
        _scikit_learn(train_rows, test_rows, categories=len(learned.codes), progress=progress),
        _keras(train_rows, test_rows, len(learned.codes), target, epochs, plain, progress),
    ]
    return [Reached(way, seconds, f1, f1 >= target) for way, seconds, f1 in ways]


def _parts(rows: int) -> tuple[Dataset, Dataset]:
    from bench.ablation import folds_of

    dataset = load_folders([sample_path()], check_photos=False)
    with_text = [product for product in dataset.products if product.designation or product.description]
    chosen = np.sort(np.random.default_rng(SEED).permutation(len(with_text))[:rows])
    dataset.products[:] = [with_text[place] for place in chosen]
    return next(folds_of(dataset, folds=5, seed=SEED))


def _ours(rows: Rows, judged: Rows, learned: Dataset, *, progress: Progress) -> tuple[str, float, float]:
    options = TrainOptions(image=())
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as cache:
        started = time.perf_counter()
        fitted, _ = fit_experts(
            rows,
            options,
            categories=len(learned.codes),
            staging=Path(name),
            cache_dir=Path(cache),
            progress=progress,
        )
        seconds = time.perf_counter() - started
        pooled = fold_ways(rows, judged, fitted, learned, staging=Path(name))[pool_name(fitted, "text")]
    return f"ours, {pool_name(fitted, 'text')}", seconds, weighted_f1(pooled.probabilities, pooled.class_index)


def _scikit_learn(rows: Rows, judged: Rows, *, categories: int, progress: Progress) -> tuple[str, float, float]:
    progress(NAME, 0, 1)
    started = time.perf_counter()
    fitted = tfidf_svc(seed=SEED).fit([joined(text) for text in rows.texts], rows.class_index)
    seconds = time.perf_counter() - started
    progress(NAME, 1, 1)
    answers = margins(fitted, [joined(text) for text in judged.texts], categories=categories)
    return f"scikit-learn, {NAME}", seconds, weighted_f1(answers, judged.class_index)


def _keras(
    rows: Rows, judged: Rows, categories: int, target: float, epochs: int, plain: PlainProcess, progress: Progress
) -> tuple[str, float, float]:
    texts = [[joined(text) for text in part.texts] for part in (rows, judged)]
    tokenizer = Tokenizer.train(texts[0])
    token_ids, _ = tokenizer.encode([*texts[0], *texts[1]])
    token_ids = np.pad(token_ids, ((0, 0), (0, MAX_TOKENS - token_ids.shape[1])), constant_values=PAD_ID)
    class_index = np.concatenate([rows.class_index, judged.class_index])
    progress("plain keras", 0, 1)
    history = plain.run(
        fit_bigru,
        token_ids,
        class_index,
        np.arange(len(token_ids)) >= len(texts[0]),
        vocabulary=tokenizer.vocabulary_size,
        categories=categories,
        epochs=epochs,
        target=target,
    )
    progress("plain keras", 1, 1)
    best = max(epoch.weighted_f1 for epoch in history)
    seconds = sum(epoch.seconds for epoch in history)
    return f"plain Keras, bigru, {len(history)} epochs", seconds, best

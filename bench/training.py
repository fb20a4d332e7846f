"""`rayonnage bench train`: how much faster our training is than the plain way, everything measured in one run."""

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.plain_keras import BATCH, PlainProcess, fit_bigru, predict_features
from bench.time_to_f1 import Reached, time_to_f1
from bench.titles import titles
from bundle.lite0 import Lite0Features
from bundle.tokenizer import MAX_TOKENS, PAD_ID, Tokenizer
from datasets.bundled import sample_path
from datasets.progress import Progress, silent
from train.keras_text import bigru
from train.lite0_head import lite0_features
from train.loop import Plan, fit
from train.pixels import pixels_of
from train.ray_session import ray_session

CHECK_ROWS = 4
HELD_OUT = 32


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: `rows` of the sample for the time to an F1, `epochs` of plain Keras at most.

    Attributes:
        workers: that are compared with one, 1 for no comparison.
    """

    titles: int = 50_000
    photos: int = 512
    rows: int = 18_000
    epochs: int = 10
    workers: int = 2

    @classmethod
    def quick(cls) -> "Size":
        return cls(titles=256, photos=32, rows=600, epochs=1, workers=1)


@dataclass(frozen=True, slots=True)
class Ratio:
    """One comparison over the same rows. `ratio` is how many times as long `plain` takes as `ours`."""

    name: str
    ours: str
    plain: str
    ours_s: float
    plain_s: float

    @property
    def ratio(self) -> float:
        return self.plain_s / self.ours_s

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio}


@dataclass(frozen=True, slots=True)
class TrainBench:
    """All figures of one run."""

    size: Size
    cpus: int
    mean_tokens: float
    ratios: list[Ratio]
    target: float
    reached: list[Reached]

    def as_json(self) -> dict[str, Any]:
        """The document of `rayonnage bench train --json`."""
        return {
            "cpus": self.cpus,
            **asdict(self.size),
            "mean_tokens": self.mean_tokens,
            "ratios": [ratio.as_json() for ratio in self.ratios],
            "time_to_f1": {"target": self.target, "ways": [way.as_json() for way in self.reached]},
        }


def bench_train(size: Size, *, target: float, progress: Progress = silent) -> TrainBench:
    """Measure all; nothing is kept.

    Args:
        target: weighted F1 on rows held out of the sample, for the time to it.
    """
    texts, class_index = titles(size.titles)
    tokenizer = Tokenizer.train(texts)
    token_ids, lengths = tokenizer.encode(texts)
    token_ids = np.pad(token_ids, ((0, 0), (0, MAX_TOKENS - token_ids.shape[1])), constant_values=PAD_ID)
    with PlainProcess() as plain:
        ratios = [
            *_epochs(token_ids, class_index, tokenizer.vocabulary_size, size.workers, plain, progress),
            *_features(size, plain, progress),
        ]
        reached = time_to_f1(rows=size.rows, target=target, epochs=size.epochs, plain=plain, progress=progress)
    return TrainBench(size, os.cpu_count() or 1, float(lengths.mean()), ratios, target, reached)


def _epochs(
    token_ids: np.ndarray,
    class_index: np.ndarray,
    vocabulary: int,
    workers: int,
    plain: PlainProcess,
    progress: Progress,
) -> Iterator[Ratio]:
    """An epoch of bigru: against `model.fit`, and with several workers against one."""
    categories = int(class_index.max()) + 1
    plan = Plan(
        expert="bigru",
        build=partial(bigru, vocabulary=vocabulary, categories=categories, dropout=0.3),
        categories=categories,
        epochs=1,
        batch_size=BATCH,
        learning_rate=1e-3,
        patience=1,
        seed=7,
        pad_id=PAD_ID,
    )
    # Ray's workers let every other program go first, and would be compared with one that does not.
    os.environ.setdefault("RAY_worker_niceness", "0")
    several = min(workers, os.cpu_count() or 1)
    with ray_session():
        seconds = {
            count: _epoch_s(replace(plan, workers=count), token_ids, class_index, progress)
            for count in sorted({1, several})
        }
    progress("plain keras epoch", 0, 1)
    history = plain.run(
        fit_bigru,
        token_ids,
        class_index,
        _held_out(len(token_ids)),
        vocabulary=vocabulary,
        categories=categories,
        epochs=1,
    )
    progress("plain keras epoch", 1, 1)
    yield Ratio("bigru, one epoch", "by length", f"model.fit, {MAX_TOKENS} tokens", seconds[1], history[0].seconds)
    if several > 1:
        yield Ratio(
            "bigru, one epoch", "one worker", f"{several} workers, the same cores", seconds[1], seconds[several]
        )


def _epoch_s(plan: Plan, token_ids: np.ndarray, class_index: np.ndarray, progress: Progress) -> float:
    with tempfile.TemporaryDirectory(prefix="rayonnage-bench-") as name:
        trained = fit(
            token_ids,
            class_index,
            _held_out(len(token_ids)),
            check_inputs=token_ids[:CHECK_ROWS],
            plan=plan,
            work_dir=Path(name),
            progress=lambda _, done, total: progress(f"bigru, {plan.workers} workers", done, total),
        )
    return trained.history[0].seconds


def _held_out(count: int) -> np.ndarray:
    """The loop wants rows to choose the best epoch by: a few, which cost next to nothing."""
    return np.arange(count) >= count - HELD_OUT


def _features(size: Size, plain: PlainProcess, progress: Progress) -> Iterator[Ratio]:
    """Features of photos: by the network alone, from the files, and from the files once more."""
    photos = sorted((sample_path() / "images" / "image_train").iterdir())[: size.photos]
    progress("photo features", 0, 2)
    pixels = pixels_of(photos)
    backbone = Lite0Features()
    backbone.features(pixels[:BATCH])
    network_s = _seconds(lambda: backbone.features(pixels))
    with tempfile.TemporaryDirectory() as name:
        first_s, again_s = (_seconds(lambda: lite0_features(photos, cache_dir=Path(name))) for _ in range(2))
    progress("photo features", 1, 2)
    told = plain.run(predict_features, photos)
    progress("photo features", 2, 2)
    yield Ratio("photo features, network alone", "OpenVINO", "keras.predict", network_s, told.predict_s)
    yield Ratio("photo features, from files", "in parallel", "one by one, keras.predict", first_s, told.whole_s)
    yield Ratio("photo features, again", "cached", "one by one, keras.predict", again_s, told.whole_s)


def _seconds(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started

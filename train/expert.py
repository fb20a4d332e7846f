"""Fits the experts by name: each writes its files and answers the rows it never saw."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np

from bundle.text import CleanText
from datasets.progress import Progress, silent
from train.calibration import fit_temperature
from train.crossfit import cross_fit, held_out_rows
from train.error import TrainError
from train.fitted import Fit, FittedExpert, Kept
from train.keras_job import KerasJob
from train.loop import OnEpoch, unheard
from train.options import MODALITY, TrainOptions
from train.rows import Rows


def fit_experts(
    rows: Rows,
    options: TrainOptions,
    *,
    categories: int,
    staging: Path,
    cache_dir: Path,
    progress: Progress = silent,
    kept: Kept | None = None,
    work_dir: Path | None = None,
    on_epoch: OnEpoch = unheard,
) -> tuple[list[FittedExpert], list[str]]:
    """Fit every expert asked for, each into `staging/<modality>/<name>`.

    Args:
        kept, work_dir, on_epoch: as `Fit` has them.
    Returns:
        The experts, and a line for each that was left out for want of rows.
    Raises:
        TrainError: no expert is left, or none can be judged.
    """
    fitted, notes = [], []
    with _ray_for(options):
        for name in (*options.text, *options.image):
            modality, fit = MODALITY[name], FITS[name]
            usable = rows.has_text if modality == "text" else rows.has_photo
            if len(np.unique(rows.class_index[usable])) < 2:
                brings = "text" if modality == "text" else "a photo"
                notes.append(f"{name} is left out: fewer than two categories have rows with {brings}")
                continue
            directory = staging / modality / name
            logits = fit(Fit(rows, options, categories, directory, cache_dir, progress, kept, work_dir, on_epoch))
            has_say = ~np.isnan(logits[:, 0])
            temperature = fit_temperature(logits[has_say], rows.class_index[has_say])
            fitted.append(FittedExpert(name, modality, logits, temperature))
    if not fitted:
        raise TrainError("; ".join(notes))
    if all(np.isnan(expert.logits).all() for expert in fitted):
        raise TrainError(
            f"no row can be held out to judge the model by: the {len(rows.class_index)} rows are one product over "
            "again, by their text, photo or productid; give it other products as well"
        )
    return fitted, notes


def _ray_for(options: TrainOptions) -> AbstractContextManager[None]:
    """One Ray for all experts that need it; starting it takes longer than many a training."""
    if not options.by_keras and options.workers == 1:
        return nullcontext()
    from train.ray_session import ray_session

    return ray_session()


def _fit_linear(job: Fit) -> np.ndarray:
    from train.linear_fit import fit_linear_expert

    return fit_linear_expert(job)


def _fit_e5(job: Fit) -> np.ndarray:
    if job.options.fine_tune:
        return _fine_tune_e5(job)
    from bundle.expert_e5 import E5Expert
    from train.e5_head import e5_vectors, fit_e5_head

    places, texts = _texts(job.rows)
    vectors = e5_vectors(texts, cache_dir=job.cache_dir, workers=job.options.workers, progress=job.progress)
    coef, bias, logits = _fit_heads(job, "e5", places, vectors, partial(fit_e5_head, settings=job.options.e5))
    E5Expert.save(job.directory, coef=coef, bias=bias)
    job.progress("train e5", 1, 1)
    return logits


def _fit_lite0(job: Fit) -> np.ndarray:
    if job.options.fine_tune_blocks:
        return _fine_tune_lite0(job)
    from bundle.expert_lite0 import Lite0Expert
    from train.lite0_head import fit_lite0_head, lite0_features

    places, photos = _photos(job.rows)
    features = lite0_features(photos, cache_dir=job.cache_dir, workers=job.options.workers, progress=job.progress)
    coef, bias, logits = _fit_heads(job, "lite0", places, features, partial(fit_lite0_head, settings=job.options.lite0))
    Lite0Expert.save(job.directory, coef=coef, bias=bias)
    job.progress("train lite0", 1, 1)
    return logits


def _fine_tune_e5(job: Fit) -> np.ndarray:
    from train.e5_fine_tune import fine_tune_e5

    return _by_keras(job, "e5", fine_tune_e5, *_texts(job.rows))


def _fine_tune_lite0(job: Fit) -> np.ndarray:
    from train.lite0_fine_tune import fine_tune_lite0

    return _by_keras(job, "lite0", fine_tune_lite0, *_photos(job.rows))


def _fit_bigru(job: Fit) -> np.ndarray:
    from train.keras_text import train_bigru

    return _by_keras(job, "bigru", train_bigru, *_texts(job.rows))


def _fit_vgg16(job: Fit) -> np.ndarray:
    from train.keras_image import train_vgg16

    return _by_keras(job, "vgg16", train_vgg16, *_photos(job.rows))


def _by_keras(
    job: Fit, name: str, train: Callable[[Any, KerasJob], np.ndarray], places: np.ndarray, inputs: Sequence
) -> np.ndarray:
    """Logits of the rows held out, from an expert that Keras trains on the others.

    Args:
        train: `train.keras_text.train_bigru` and its like.
        places: rows that have `inputs`, in that order.
    """
    rows = job.rows
    paired = rows.has_text & rows.has_photo
    is_held_out = held_out_rows(rows.class_index, rows.folds, rows.groups, paired, seed=job.options.seed)
    with _work_dir(job, name) as work_dir:
        own = KerasJob(
            class_index=rows.class_index[places],
            is_held_out=is_held_out[places],
            categories=job.categories,
            options=job.options,
            directory=job.directory,
            work_dir=work_dir,
            cache_dir=job.cache_dir,
            names=[rows.names[place] for place in places],
            progress=job.progress,
            on_epoch=job.on_epoch,
        )
        logits = train(inputs, own)
    spread = np.full((len(rows.folds), job.categories), np.nan, np.float32)
    spread[places] = logits
    return spread


FITS: dict[str, Callable[[Fit], np.ndarray]] = {
    "linear": _fit_linear,
    "e5": _fit_e5,
    "bigru": _fit_bigru,
    "lite0": _fit_lite0,
    "vgg16": _fit_vgg16,
}


class FitHead(Protocol):
    """Fits a linear head, as `train.softmax_head.fit_softmax_head` does."""

    def __call__(
        self, features: np.ndarray, class_index: np.ndarray, /, *, categories: int, seed: int
    ) -> tuple[np.ndarray, np.ndarray]: ...


def _fit_heads(
    job: Fit, name: str, places: np.ndarray, features: np.ndarray, fit_head: FitHead
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A head of all rows that have features, and the answers of heads to rows they never saw.

    Args:
        places: rows that have `features`, in that order.
        features: (n, width), or (n, readings, width) where a row is read in several ways: all are learned from (rows of
            NaN are none), the first is answered.
    Returns:
        coef, bias and (rows, categories) logits, NaN in rows that no fold answered.
    """
    from train.softmax_head import each_reading

    rows = job.rows
    place_of = np.full(len(rows.folds), -1)
    place_of[places] = np.arange(len(places))
    readings = features.reshape(len(features), -1, features.shape[-1])

    def fit(fitted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        flat, labels = each_reading(readings[place_of[fitted]], rows.class_index[fitted])
        return fit_head(flat, labels, categories=job.categories, seed=job.options.seed)

    def answer(fitted: np.ndarray, answered: np.ndarray) -> np.ndarray:
        coef, bias = fit(fitted)
        return readings[place_of[answered], 0] @ coef + bias

    logits = cross_fit(
        answer, place_of >= 0, rows.folds, categories=job.categories, stage=f"train {name}", progress=job.progress
    )
    return *fit(places), logits


@contextmanager
def _work_dir(job: Fit, expert: str) -> Iterator[Path]:
    """Where an expert's checkpoints go: one that stays when the training is stopped, or one for now."""
    if job.work_dir is None:
        with TemporaryDirectory(prefix=f"rayonnage-{expert}-") as name:
            yield Path(name)
    else:
        yield job.work_dir / expert


def _texts(rows: Rows) -> tuple[np.ndarray, list[CleanText]]:
    """Places of the rows with a text, and the texts in that order."""
    places = np.flatnonzero(rows.has_text)
    return places, [rows.texts[place] for place in places]


def _photos(rows: Rows) -> tuple[np.ndarray, list[Path]]:
    """Places of the rows with a photo, and the photos in that order."""
    return np.flatnonzero(rows.has_photo), [photo for photo in rows.photos if photo is not None]

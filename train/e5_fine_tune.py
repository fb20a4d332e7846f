"""Trains the whole `e5` network on labelled listings, not its head alone."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import softmax

from bundle.e5 import load_e5_weights
from bundle.e5_pieces import PAD_ID, E5Pieces
from bundle.expert_e5 import MAX_PIECES, E5Expert, e5_text
from bundle.text import CleanText
from datasets.progress import Progress, silent
from train.check import check_rows
from train.e5_head import e5_vectors, fit_e5_head
from train.error import MismatchError
from train.keras_e5 import e5_network, encoder_weights, write_start
from train.keras_job import KerasJob
from train.loop import Plan
from train.options import TrainOptions
from train.refit import fit_and_refit

if TYPE_CHECKING:
    import keras

PATIENCE = 2
HEAD_ROWS = 3_000
"""That the head is fitted on before the network is trained: it only has to point the right way."""

TOLERANCE = 0.05
"""Largest difference of a probability between the network in float32 and the served one in 8 bits."""


def fine_tune_e5(texts: Sequence[CleanText], job: KerasJob) -> np.ndarray:
    """Train the network and write what its expert needs: `encoder.safetensors` and `head.safetensors`.

    Args:
        texts: (n,) as `job` has them.
    Returns:
        (n, categories) float32 logits of the best epoch, NaN in rows that are not held out.
    Raises:
        TrainError: nothing to train on, a loss that is not finite, or a served form that answers otherwise.
    """
    shipped = load_e5_weights()
    piece_ids = piece_ids_of(texts, shipped)
    job.work_dir.mkdir(parents=True, exist_ok=True)
    start = job.work_dir / "start.safetensors"
    if not start.exists():
        order = np.random.default_rng(job.options.seed).permutation(np.flatnonzero(~job.is_held_out))
        head = first_head(
            texts,
            job.class_index,
            order,
            categories=job.categories,
            options=job.options,
            cache_dir=job.cache_dir,
            progress=job.progress,
        )
        write_start(shipped, *head, start)
    checked = check_rows(job.is_held_out)
    build = partial(e5_network, start, trained_layers=job.options.e5.layers)
    plan = e5_plan(job.options, build=build, categories=job.categories, train_rows=job.train_rows, patience=PATIENCE)
    logits, trained = fit_and_refit(job, piece_ids, check_inputs=piece_ids[checked, 0], plan=plan)
    E5Expert.save(
        job.directory,
        coef=trained.weights["logits/kernel"],
        bias=trained.weights["logits/bias"],
        encoder=encoder_weights(trained.weights, shipped),
    )
    _check(job.directory, [texts[row] for row in checked], trained.check_logits)
    return logits


def first_head(
    texts: Sequence[CleanText],
    class_index: np.ndarray,
    order: np.ndarray,
    *,
    categories: int,
    options: TrainOptions,
    cache_dir: Path,
    progress: Progress = silent,
) -> tuple[np.ndarray, np.ndarray]:
    """The head that the network starts with, see `train.keras_e5.write_start`.

    Args:
        texts: (n,); class_index: (n,) int.
        order: rows that are learned from, by chance; the head is fitted on the first of them.
    Returns:
        coef (WIDTH, categories) and bias (categories,) float32.
    """
    rows = order[:HEAD_ROWS]
    vectors = e5_vectors(
        [texts[row] for row in rows], cache_dir=cache_dir, workers=options.workers, progress=progress, titles=False
    )
    return fit_e5_head(vectors[:, 0], class_index[rows], categories=categories, seed=options.seed, settings=options.e5)


def e5_plan(
    options: TrainOptions, *, build: "Callable[[], keras.Model]", categories: int, train_rows: int, **more: Any
) -> Plan:
    """How the network is trained; `more` as `Plan.of` takes it."""
    return Plan.of(
        "e5",
        options,
        build=build,
        categories=categories,
        train_rows=train_rows,
        pad_id=PAD_ID,
        readings=True,
        **more,
    )


def piece_ids_of(texts: Sequence[CleanText], weights: dict[str, np.ndarray]) -> np.ndarray:
    """(n, 2, pieces) int32: the whole listing and its title alone (the whole again where one of both is missing)."""
    pieces = E5Pieces(weights["piece_text"].tobytes().decode().split("\n"), weights["piece_score"])
    whole = [e5_text(text) for text in texts]
    titles = [text.designation or string for text, string in zip(texts, whole, strict=True)]
    read = pieces.encode([*whole, *titles], max_pieces=MAX_PIECES)
    ids = np.full((len(read), max(map(len, read))), PAD_ID, np.int32)
    for row, own in zip(ids, read, strict=True):
        row[: len(own)] = own
    return np.ascontiguousarray(ids.reshape(2, len(texts), -1).transpose(1, 0, 2))


def _check(directory: Path, texts: Sequence[CleanText], keras_logits: np.ndarray) -> None:
    """Raises: MismatchError, where the served form answers otherwise than the trained network."""
    served = E5Expert.open(directory, threads=None, device="cpu").logits(texts)
    difference = float(np.abs(softmax(served, axis=1) - softmax(keras_logits, axis=1)).max())
    if not difference <= TOLERANCE:
        raise MismatchError("e5", difference, TOLERANCE)

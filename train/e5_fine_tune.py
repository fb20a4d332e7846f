"""Trains the whole `e5` network on labelled listings, not its head alone."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

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
from train.loop import OnEpoch, Plan, unheard
from train.options import TrainOptions
from train.refit import fit_and_refit

if TYPE_CHECKING:
    import keras

PATIENCE = 2
HEAD_ROWS = 3_000
"""That the head is fitted on before the network is trained: it only has to point the right way."""

TOLERANCE = 0.05
"""Largest difference of a probability between the network in float32 and the served one in 8 bits."""


def fine_tune_e5(
    texts: Sequence[CleanText],
    class_index: np.ndarray,
    is_held_out: np.ndarray,
    *,
    categories: int,
    options: TrainOptions,
    directory: Path,
    work_dir: Path,
    cache_dir: Path,
    names: Sequence[str] | None = None,
    progress: Progress = silent,
    on_epoch: OnEpoch = unheard,
) -> np.ndarray:
    """Train the network and write what its expert needs: `encoder.safetensors` and `head.safetensors`.

    Args:
        texts: (n,) of which at least one is held out and one is not.
        class_index: (n,) int; is_held_out: (n,) bool.
        options: of which `e5`, epochs, seed and workers count.
        directory: of the expert in the bundle.
        work_dir: for checkpoints and intermediate files; the caller removes it.
        cache_dir: for the vectors that the head is first fitted on.
        names: of the rows, for errors.
    Returns:
        (n, categories) float32 logits of the best epoch, NaN in rows that are not held out.
    Raises:
        TrainError: nothing to train on, a loss that is not finite, or a served form that answers otherwise.
    """
    shipped = load_e5_weights()
    piece_ids = piece_ids_of(texts, shipped)
    work_dir.mkdir(parents=True, exist_ok=True)
    start = work_dir / "start.safetensors"
    if not start.exists():
        fitted = np.random.default_rng(options.seed).permutation(np.flatnonzero(~is_held_out))[:HEAD_ROWS]
        vectors = e5_vectors([texts[row] for row in fitted], cache_dir=cache_dir, progress=progress, titles=False)
        coef, bias = fit_e5_head(
            vectors[:, 0], class_index[fitted], categories=categories, seed=options.seed, settings=options.e5
        )
        write_start(shipped, coef, bias, start)
    checked = check_rows(is_held_out)

    logits, trained = fit_and_refit(
        piece_ids,
        class_index,
        is_held_out,
        check_inputs=piece_ids[checked, 0],
        plan=_plan(start, categories, options),
        work_dir=work_dir,
        names=names,
        progress=progress,
        on_epoch=on_epoch,
    )
    E5Expert.save(
        directory,
        coef=trained.weights["logits/kernel"],
        bias=trained.weights["logits/bias"],
        encoder=encoder_weights(trained.weights, shipped),
    )
    _check(directory, [texts[row] for row in checked], trained.check_logits)
    return logits


def _plan(start: Path, categories: int, options: TrainOptions) -> Plan:
    settings = options.e5
    return Plan(
        expert="e5",
        build=partial(e5_network, start, trained_layers=settings.layers),
        finish=_as_it_is,
        categories=categories,
        epochs=options.epochs_of("e5"),
        batch_size=options.batch_size or settings.batch_size,
        learning_rate=settings.learning_rate,
        patience=PATIENCE,
        seed=options.seed,
        warm_up=settings.warm_up,
        label_smoothing=settings.label_smoothing,
        pad_id=PAD_ID,
        readings=True,
        workers=options.workers,
        gpus_per_worker=options.gpus_per_worker,
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


def _as_it_is(model: "keras.Model") -> "keras.Model":
    return model

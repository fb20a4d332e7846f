"""The bigru expert (the reference design): a bidirectional GRU over the first 50 words of a text."""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import openvino

from bundle.expert_bigru import joined
from bundle.text import CleanText
from bundle.tokenizer import MAX_TOKENS, PAD_ID, Tokenizer
from datasets.progress import Progress, silent
from train.check import check_openvino_against_keras, check_rows
from train.loop import OnEpoch, Plan, batch_size_of, fit, unheard
from train.openvino_bigru import bigru_graph
from train.options import TrainOptions

if TYPE_CHECKING:
    import keras

EMBEDDING = 512
UNITS = 512
PATIENCE = 3


def train_bigru(
    texts: Sequence[CleanText],
    class_index: np.ndarray,
    is_held_out: np.ndarray,
    *,
    categories: int,
    options: TrainOptions,
    directory: Path,
    work_dir: Path,
    names: Sequence[str] | None = None,
    progress: Progress = silent,
    on_epoch: OnEpoch = unheard,
) -> np.ndarray:
    """Train bigru and write what its expert needs: `model.xml`, `model.bin`, `tokenizer.json`, `model.keras`.

    Args:
        texts: (n,) of which at least one is held out and one is not.
        class_index: (n,) int; is_held_out: (n,) bool.
        options: of which `bigru`, epochs, seed and workers count.
        directory: of the expert in the bundle.
        work_dir: for checkpoints and intermediate files; the caller removes it.
        names: of the rows, for errors.
    Returns:
        (n, categories) float32 logits of the best epoch, NaN in rows that are not held out.
    Raises:
        TrainError: nothing to train on, a loss that is not finite, or an OpenVINO form that answers otherwise.
    """
    settings = options.bigru
    written = [joined(text) for text in texts]
    tokenizer = Tokenizer.train(text for text, held_out in zip(written, is_held_out, strict=True) if not held_out)
    token_ids, lengths = tokenizer.encode(written)
    token_ids = np.pad(token_ids, ((0, 0), (0, MAX_TOKENS - token_ids.shape[1])), constant_values=PAD_ID)
    rows = check_rows(is_held_out)
    trained = fit(
        token_ids,
        class_index,
        is_held_out,
        check_inputs=token_ids[rows],
        plan=Plan(
            expert="bigru",
            build=partial(bigru, vocabulary=tokenizer.vocabulary_size, categories=categories, dropout=settings.dropout),
            finish=_as_it_is,
            categories=categories,
            epochs=options.epochs_of("bigru"),
            batch_size=options.batch_size or settings.batch_size or batch_size_of(is_held_out),
            learning_rate=settings.learning_rate,
            patience=PATIENCE,
            seed=options.seed,
            label_smoothing=settings.label_smoothing,
            pad_id=PAD_ID,
            workers=options.workers,
            gpus_per_worker=options.gpus_per_worker,
        ),
        work_dir=work_dir,
        names=names,
        progress=progress,
        on_epoch=on_epoch,
    )
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer.save(directory / "tokenizer.json")
    shutil.copyfile(trained.model, directory / "model.keras")
    openvino.save_model(bigru_graph(trained.weights), directory / "model.xml", compress_to_fp16=True)
    check_openvino_against_keras(
        "bigru",
        directory / "model.xml",
        {"token_ids": token_ids[rows], "lengths": lengths[rows]},
        trained.check_logits,
    )
    logits = np.full((len(texts), categories), np.nan, np.float32)
    logits[is_held_out] = trained.held_out_logits
    return logits


def bigru(*, vocabulary: int, categories: int, dropout: float) -> "keras.Model":
    """The network: Embedding 512, a GRU of 512 units in each direction, dropout, logits.

    Padding is masked, so each direction ends on the text's last or first word.

    Args:
        vocabulary: token ids, padding and the unknown word included.
    Returns:
        (n, tokens) int32 token ids to (n, categories) logits; layers `embedding`, `gru_forward`, `gru_backward`,
        `logits`.
    """
    import keras

    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    words = keras.layers.Embedding(vocabulary, EMBEDDING, mask_zero=True, name="embedding")(token_ids)
    forward = keras.layers.GRU(UNITS, name="gru_forward")(words)
    backward = keras.layers.GRU(UNITS, go_backwards=True, name="gru_backward")(words)
    state = keras.layers.Concatenate(name="state")([forward, backward])
    state = keras.layers.Dropout(dropout, name="dropout")(state)
    logits = keras.layers.Dense(categories, name="logits")(state)
    return keras.Model(token_ids, logits, name="bigru")


def _as_it_is(model: "keras.Model") -> "keras.Model":
    return model

"""The bigru expert (the reference design): a bidirectional GRU over the first 50 words of a text."""

import shutil
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino

from bundle.expert_bigru import joined
from bundle.text import CleanText
from bundle.tokenizer import PAD_ID, Tokenizer
from train.check import check_openvino_against_keras, check_rows
from train.keras_job import KerasJob
from train.loop import Plan
from train.openvino_bigru import bigru_graph
from train.options import TrainOptions

if TYPE_CHECKING:
    import keras

EMBEDDING = 512
UNITS = 512


def train_bigru(texts: Sequence[CleanText], job: KerasJob) -> np.ndarray:
    """Train bigru and write what its expert needs: `model.xml`, `model.bin`, `tokenizer.json`, `model.keras`.

    Args:
        texts: (n,) as `job` has them.
    Returns:
        (n, categories) float32 logits of the best epoch, NaN in rows that are not held out.
    Raises:
        TrainError: nothing to train on, a loss that is not finite, or an OpenVINO form that answers otherwise.
    """
    tokenizer, token_ids, lengths = tokens_of(texts, ~job.is_held_out)
    rows = check_rows(job.is_held_out)
    plan = bigru_plan(
        job.options, vocabulary=tokenizer.vocabulary_size, categories=job.categories, train_rows=job.train_rows
    )
    logits, trained = job.fit(token_ids, check_inputs=token_ids[rows], plan=plan)
    job.directory.mkdir(parents=True, exist_ok=True)
    tokenizer.save(job.directory / "tokenizer.json")
    shutil.copyfile(trained.model, job.directory / "model.keras")
    model = job.directory / "model.xml"
    openvino.save_model(bigru_graph(trained.weights), model, compress_to_fp16=True)
    inputs = {"token_ids": token_ids[rows], "lengths": lengths[rows]}
    check_openvino_against_keras("bigru", model, inputs, trained.check_logits)
    return logits


def tokens_of(texts: Sequence[CleanText], is_learned: np.ndarray) -> tuple[Tokenizer, np.ndarray, np.ndarray]:
    """A tokenizer of the texts that are learned from; (n, tokens) int32 token ids and (n,) int32 lengths of all."""
    written = [joined(text) for text in texts]
    tokenizer = Tokenizer.train(text for text, learned in zip(written, is_learned, strict=True) if learned)
    return tokenizer, *tokenizer.encode(written)


def bigru_plan(options: TrainOptions, *, vocabulary: int, categories: int, train_rows: int, **more: Any) -> Plan:
    """How bigru is trained; `more` as `Plan.of` takes it."""
    build = partial(bigru, vocabulary=vocabulary, categories=categories, dropout=options.bigru.dropout)
    return Plan.of("bigru", options, build=build, categories=categories, train_rows=train_rows, pad_id=PAD_ID, **more)


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

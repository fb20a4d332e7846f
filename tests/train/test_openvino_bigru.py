"""The bigru's OpenVINO graph against a GRU written out in numpy."""

import numpy as np
import pytest

from bundle.openvino_runner import CORE
from train.openvino_bigru import bigru_graph

VOCABULARY, EMBEDDING, UNITS, CATEGORIES = 30, 8, 6, 4


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {
        "embedding/embeddings": (VOCABULARY, EMBEDDING),
        "logits/kernel": (2 * UNITS, CATEGORIES),
        "logits/bias": (CATEGORIES,),
    }
    for layer in ("gru_forward", "gru_backward"):
        shapes[f"{layer}/gru_cell/kernel"] = (EMBEDDING, 3 * UNITS)
        shapes[f"{layer}/gru_cell/recurrent_kernel"] = (UNITS, 3 * UNITS)
        shapes[f"{layer}/gru_cell/bias"] = (2, 3 * UNITS)
    return {name: generator.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def _gru(words: np.ndarray, weights: dict[str, np.ndarray], layer: str) -> np.ndarray:
    """Keras' GRU with `reset_after=True`: the state after the last word."""
    kernel, recurrent, bias = (weights[f"{layer}/gru_cell/{name}"] for name in ("kernel", "recurrent_kernel", "bias"))
    state = np.zeros(UNITS)
    for word in words:
        given, kept = np.split(word @ kernel + bias[0], 3), np.split(state @ recurrent + bias[1], 3)
        update, reset = (1 / (1 + np.exp(-(given[gate] + kept[gate]))) for gate in (0, 1))
        state = update * state + (1 - update) * np.tanh(given[2] + reset * kept[2])
    return state


def test_texts_of_several_lengths_in_one_batch_are_read_from_both_ends(weights: dict[str, np.ndarray]) -> None:
    lengths = np.array([7, 1, 4, 2], np.int32)
    token_ids = np.random.default_rng(1).integers(1, VOCABULARY, (4, 7)).astype(np.int32)
    expected = []
    for row, length in zip(token_ids, lengths, strict=True):
        row[length:] = 0
        words = weights["embedding/embeddings"][row[:length]]
        state = np.concatenate([_gru(words, weights, "gru_forward"), _gru(words[::-1], weights, "gru_backward")])
        expected.append(state @ weights["logits/kernel"] + weights["logits/bias"])
    compiled = CORE.compile_model(bigru_graph(weights), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    logits = compiled({"token_ids": token_ids, "lengths": lengths})["logits"]
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_more_padding_changes_nothing(weights: dict[str, np.ndarray]) -> None:
    compiled = CORE.compile_model(bigru_graph(weights), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    token_ids, lengths = np.array([[3, 4, 5]], np.int32), np.array([3], np.int32)
    short = compiled({"token_ids": token_ids, "lengths": lengths})["logits"]
    long = compiled({"token_ids": np.pad(token_ids, ((0, 0), (0, 47))), "lengths": lengths})["logits"]
    np.testing.assert_allclose(long, short, atol=1e-6)

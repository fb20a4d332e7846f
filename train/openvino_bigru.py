"""The bigru expert as an OpenVINO graph, built layer by layer from its Keras weights."""

from collections.abc import Mapping

import numpy as np
import openvino
from openvino import opset13 as ops


def bigru_graph(weights: Mapping[str, np.ndarray]) -> openvino.Model:
    """The graph of `train.keras_text.bigru`, without dropout.

    It is built by hand because Keras exports a GRU as a loop over TensorLists, which OpenVINO does not convert. The
    CPU plugin leaves `gru_sequence`'s own sequence lengths unread (2026.4, tried in both directions), so both
    directions run forward from a text's first word given to them, and the state is taken at its last one: what
    padding computes after that is not looked at.

    Args:
        weights: as `train.worker.weights_of` names them.
    Returns:
        inputs `token_ids` (n, tokens) int32 and `lengths` (n,) int32, output `logits` (n, categories) float32.
    """
    token_ids = _input([-1, -1], "token_ids")
    lengths = _input([-1], "lengths")
    words = ops.gather(ops.constant(weights["embedding/embeddings"]), token_ids, np.int32(0))
    backward = ops.reverse_sequence(words, lengths, batch_axis=0, seq_axis=1)
    states = [
        _last_state(words, lengths, weights, "gru_forward"),
        _last_state(backward, lengths, weights, "gru_backward"),
    ]
    product = ops.matmul(ops.concat(states, 1), ops.constant(weights["logits/kernel"]), False, False)
    logits = ops.add(product, ops.constant(weights["logits/bias"][None]))
    logits.output(0).get_tensor().set_names({"logits"})
    return openvino.Model([ops.result(logits)], [token_ids, lengths], "bigru")


def _input(shape: list[int], name: str) -> openvino.Node:
    node = ops.parameter(shape, np.int32, name=name)
    node.output(0).get_tensor().set_names({name})
    return node


def _last_state(
    words: openvino.Node, lengths: openvino.Node, weights: Mapping[str, np.ndarray], layer: str
) -> openvino.Node:
    """(n, tokens, embedding) through one GRU to its state (n, units) after `lengths` words."""
    kernel = weights[f"{layer}/gru_cell/kernel"]  # (embedding, 3 * units), gates in the order update, reset, new state
    recurrent = weights[f"{layer}/gru_cell/recurrent_kernel"]  # (units, 3 * units)
    units = recurrent.shape[0]
    shape = ops.shape_of(words, "i32")
    rows, tokens = (ops.gather(shape, np.array([axis], np.int32), np.int32(0)) for axis in (0, 1))
    sequence = ops.gru_sequence(
        words,
        ops.broadcast(np.float32(0), ops.concat([rows, np.array([1, units], np.int32)], 0)),
        ops.broadcast(tokens, rows),
        ops.constant(np.ascontiguousarray(kernel.T[None])),
        ops.constant(np.ascontiguousarray(recurrent.T[None])),
        ops.constant(_merged_bias(weights[f"{layer}/gru_cell/bias"])[None]),
        units,
        "forward",
        linear_before_reset=True,
    )
    states = ops.squeeze(sequence.output(0), np.array([1], np.int32))  # (n, tokens, units)
    return ops.gather(states, ops.subtract(lengths, np.int32(1)), np.int32(1), batch_dims=1)


def _merged_bias(bias: np.ndarray) -> np.ndarray:
    """Keras' two biases (2, 3 * units) as OpenVINO's four: update and reset summed, both of the new state apart."""
    units = bias.shape[1] // 3
    gates = bias[0, : 2 * units] + bias[1, : 2 * units]
    return np.concatenate([gates, bias[0, 2 * units :], bias[1, 2 * units :]])

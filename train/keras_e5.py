"""The network of `e5` in Keras, layer by layer as `bundle.e5` builds it for OpenVINO, so that all of it can be trained.

Source: Wang et al. 2024 (Multilingual E5 Text Embeddings): a BERT encoder, its pieces averaged, the average normalised.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file, save_file

from bundle.e5 import (
    HEADS,
    INNER,
    LAYERS,
    MAX_POSITIONS,
    NORM_EPSILON,
    WIDTH,
    dequantise,
    e5_layers,
    e5_norms,
    quantise,
)
from bundle.e5_pieces import PAD_ID

if TYPE_CHECKING:
    import keras

DROPOUT = 0.1
ATTENTION = ("query", "key", "value", "attended")
HEAD_SIZE = WIDTH // HEADS


def write_start(weights: Mapping[str, np.ndarray], coef: np.ndarray, bias: np.ndarray, path: Path) -> None:
    """Write what the network starts from: the encoder that was shipped, and a head fitted on its vectors.

    A head that fits from the start keeps the first steps from spoiling what the encoder knows.

    Args:
        weights: as `bundle.e5.load_e5_weights` gives them.
        coef, bias: (WIDTH, categories) and (categories,).
    Source: Kumar et al. 2022 (Fine-Tuning can Distort Pretrained Features).
    """
    start = {
        "pieces/embeddings": dequantise(weights["pieces/nibbles"], weights["pieces/scale"]),
        "position/embeddings": weights["position"].astype(np.float32),
        "logits/kernel": coef,
        "logits/bias": bias,
    }
    for norm in e5_norms():
        start[f"{_layer(norm)}/gamma"], start[f"{_layer(norm)}/beta"] = weights[f"{norm}/gain"], weights[f"{norm}/bias"]
    for name in e5_layers():
        matrix, own_bias = dequantise(weights[f"{name}/nibbles"], weights[f"{name}/scale"]), weights[f"{name}/bias"]
        number, _, part = name.partition("/")
        if part not in ATTENTION:
            start[f"{_layer(name)}/kernel"], start[f"{_layer(name)}/bias"] = matrix.T, own_bias
        elif part == "attended":
            start[f"{number}_attention/attention_output/kernel"] = matrix.T.reshape(HEADS, HEAD_SIZE, WIDTH)
            start[f"{number}_attention/attention_output/bias"] = own_bias
        else:
            start[f"{number}_attention/{part}/kernel"] = matrix.T.reshape(WIDTH, HEADS, HEAD_SIZE)
            start[f"{number}_attention/{part}/bias"] = own_bias.reshape(HEADS, HEAD_SIZE)
    save_file({name: np.ascontiguousarray(array, np.float32) for name, array in start.items()}, path)


def e5_network(start: Path, *, trained_layers: int = LAYERS) -> "keras.Model":
    """The network with its head, at the weights that `write_start` wrote.

    The pieces' own embeddings are not trained: most pieces are in no listing of a training, and those that are would
    move away from them.

    Args:
        trained_layers: that are trained, counted from the end; with all, the first norm and the positions are too.
    Returns:
        (n, length) int32 piece ids, `PAD_ID` behind the end, to (n, categories) logits.
    """
    import keras
    from keras import layers, ops

    arrays = load_file(start)
    pieces, categories = len(arrays["pieces/embeddings"]), len(arrays["logits/bias"])

    def norm(x: "keras.KerasTensor", name: str) -> "keras.KerasTensor":
        return layers.LayerNormalization(epsilon=NORM_EPSILON, name=name)(x)

    def dropped(x: "keras.KerasTensor", name: str) -> "keras.KerasTensor":
        return layers.Dropout(DROPOUT, name=f"{name}_dropout")(x)

    ids = keras.Input((None,), dtype="int32", name="piece_ids")
    is_piece = ops.not_equal(ids, PAD_ID)
    places = ops.cumsum(ops.ones_like(ids), axis=1) - 1
    x = layers.Embedding(pieces, WIDTH, name="pieces", trainable=False)(ids)
    x = x + layers.Embedding(MAX_POSITIONS, WIDTH, name="position")(places)
    x = dropped(norm(x, "norm"), "norm")
    seen = ops.expand_dims(is_piece, 1)
    for number in range(LAYERS):
        layer = f"layer{number}"
        attention = layers.MultiHeadAttention(HEADS, HEAD_SIZE, dropout=DROPOUT, name=f"{layer}_attention")
        attended = dropped(attention(x, x, attention_mask=seen), f"{layer}_attended")
        x = norm(x + attended, f"{layer}_attended_norm")
        wide = layers.Dense(INNER, activation="gelu", name=f"{layer}_expand")(x)
        narrow = dropped(layers.Dense(WIDTH, name=f"{layer}_contract")(wide), f"{layer}_contract")
        x = norm(x + narrow, f"{layer}_contract_norm")
    share = ops.cast(ops.expand_dims(is_piece, -1), x.dtype)
    average = ops.sum(x * share, axis=1) / ops.sum(share, axis=1)
    vector = layers.UnitNormalization(axis=1, dtype="float32", name="vector")(average)
    model = keras.Model(ids, layers.Dense(categories, dtype="float32", name="logits")(vector), name="e5")
    for variable in model.weights:
        variable.assign(arrays[variable.path])
    if trained_layers < LAYERS:
        trained = ("logits", *(f"layer{number}_" for number in range(LAYERS - trained_layers, LAYERS)))
        for layer in model.layers:
            layer.trainable = layer.name.startswith(trained)
    return model


def encoder_weights(trained: Mapping[str, np.ndarray], shipped: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A trained network's encoder as `bundle.e5` reads it, its matrices in 8 bits.

    Args:
        trained: as `train.worker.weights_of` names them.
        shipped: the encoder it began as, whose pieces it keeps.
    """
    weights = {name: shipped[name] for name in ("pieces/nibbles", "pieces/scale", "piece_text", "piece_score")}
    weights["position"] = trained["position/embeddings"].astype(np.float16)
    for norm in e5_norms():
        weights[f"{norm}/gain"] = trained[f"{_layer(norm)}/gamma"]
        weights[f"{norm}/bias"] = trained[f"{_layer(norm)}/beta"]
    for name, (outputs, inputs) in e5_layers().items():
        number, _, part = name.partition("/")
        where = _layer(name)
        if part in ATTENTION:
            where = f"{number}_attention/{'attention_output' if part == 'attended' else part}"
        kernel = trained[f"{where}/kernel"].reshape(inputs, outputs)
        weights[f"{name}/bytes"], weights[f"{name}/scale"] = quantise(kernel.T)
        weights[f"{name}/bias"] = trained[f"{where}/bias"].reshape(-1)
    return weights


def _layer(name: str) -> str:
    return name.replace("/", "_")

"""multilingual-e5-small as an OpenVINO graph, its weights left in 4 bits, from the file that comes with the project.

Source: Wang et al. 2024 (Multilingual E5 Text Embeddings): a BERT encoder, its pieces averaged, the average normalised.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from safetensors.numpy import load

from bundle.e5_pieces import PAD_ID, E5Pieces
from bundle.openvino_runner import CORE, cpu_config
from bundle.shipped import SHIPPED_WEIGHTS, read_shipped

WEIGHTS = SHIPPED_WEIGHTS / "multilingual_e5_small.safetensors"
WIDTH = 384
LAYERS, HEADS, INNER = 12, 12, 1536
GROUP = 32
"""Weights that share a scale."""

MAX_POSITIONS = 512
NORM_EPSILON = 1e-12
HIDDEN = np.float32(-1e4)
"""Added to the attention to padding: nothing is left of it after the softmax."""

BATCH = 16
LENGTH_STEP = 8
"""Texts are padded to a multiple of it: each length has its own kernels, made in 5 to 50 ms and kept."""


def e5_layers() -> dict[str, tuple[int, int]]:
    """Every linear layer and its (outputs, inputs): `layer0/query` and so on."""
    inside = {"query": (WIDTH, WIDTH), "key": (WIDTH, WIDTH), "value": (WIDTH, WIDTH), "attended": (WIDTH, WIDTH)}
    inside |= {"expand": (INNER, WIDTH), "contract": (WIDTH, INNER)}
    return {f"layer{number}/{name}": shape for number in range(LAYERS) for name, shape in inside.items()}


def e5_norms() -> list[str]:
    """Every layer norm: after the embeddings, after each attention and after each pair of wide layers."""
    after = ("attended_norm", "contract_norm")
    return ["norm", *(f"layer{number}/{name}" for number in range(LAYERS) for name in after)]


def load_e5_weights(path: Path = WEIGHTS) -> dict[str, np.ndarray]:
    """The weights of the file that was shipped.

    A matrix of w 4-bit weights a row is `{name}/nibbles`, (rows, w / GROUP, GROUP / 2) uint8, two weights a byte, the
    first in the low half, and `{name}/scale`, (rows, w / GROUP) float16: weight = (nibble - 8) * scale. `pieces` has a
    row of WIDTH for each piece, `e5_layers` have (outputs, inputs) and `{layer}/bias`, `e5_norms` have `{norm}/gain`
    and `{norm}/bias`, all float32. `position` is (MAX_POSITIONS, WIDTH) float16. `piece_text` (uint8) has the pieces
    in UTF-8, one a line, and `piece_score` (pieces,) float32 their log-probabilities. An encoder that was trained on
    has `{layer}/bytes` in place of `{layer}/nibbles`, see `quantise`.

    Raises:
        DamagedBundleError: the file is missing or not the one that was shipped.
    """
    return load(read_shipped(path))


def unpack(nibbles: np.ndarray) -> np.ndarray:
    """(…, GROUP / 2) uint8, two neighbours a byte, to (…, GROUP) uint8, 0 to 15."""
    return np.stack([nibbles & 15, nibbles >> 4], axis=-1).reshape(*nibbles.shape[:-1], GROUP)


def dequantise(nibbles: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(…, groups, GROUP / 2) uint8 and (…, groups) float16 to (…, groups * GROUP) float32."""
    weights = unpack(nibbles).astype(np.float32)
    weights -= 8
    weights *= scale[..., None].astype(np.float32)
    return weights.reshape(*scale.shape[:-1], -1)


def quantise(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix in 8 bits: weight = byte * scale.

    Args:
        matrix: (rows, w) float32.
    Returns:
        (rows, w / GROUP, GROUP) int8 and (rows, w / GROUP) float16.
    """
    grouped = matrix.reshape(len(matrix), -1, GROUP)
    scale = (np.abs(grouped).max(axis=2) / 127).astype(np.float16)
    scale = np.maximum(scale, np.finfo(np.float16).tiny)
    return np.clip(np.rint(grouped / scale[..., None].astype(np.float32)), -127, 127).astype(np.int8), scale


def build_e5(weights: Mapping[str, np.ndarray]) -> ov.Model:
    """The network as a graph, from the sum of piece and position embeddings to normalised vectors.

    Inputs: `embeddings` (n, length, WIDTH) float32; `hidden` (n, 1, 1, length) float32, 0 for a piece and `HIDDEN` for
    padding; `share` (n, 1, length) float32, each piece's share in the average. Output: (n, WIDTH) float32.
    """
    embeddings = ops.parameter([-1, -1, WIDTH], np.float32, name="embeddings")
    hidden = ops.parameter([-1, 1, 1, -1], np.float32, name="hidden")
    share = ops.parameter([-1, 1, -1], np.float32, name="share")
    x = _norm(embeddings, weights, "norm")
    for number in range(LAYERS):
        layer = f"layer{number}"
        query, key, value = (_split_heads(_linear(x, weights, f"{layer}/{n}")) for n in ("query", "key", "value"))
        attended = _join_heads(ops.scaled_dot_product_attention(query, key, value, hidden, causal=False))
        x = _norm(ops.add(x, _linear(attended, weights, f"{layer}/attended")), weights, f"{layer}/attended_norm")
        wide = ops.gelu(_linear(x, weights, f"{layer}/expand"), "erf")
        x = _norm(ops.add(x, _linear(wide, weights, f"{layer}/contract")), weights, f"{layer}/contract_norm")
    average = ops.squeeze(ops.matmul(share, x, False, False), np.array([1], np.int64))
    vector = ops.normalize_l2(average, np.array([1], np.int64), NORM_EPSILON, "max")
    return ov.Model([ops.result(vector)], [embeddings, hidden, share], "e5")


def _linear(x: ov.Node, weights: Mapping[str, np.ndarray], layer: str) -> ov.Node:
    """The pattern that the CPU plugin computes from the 4-bit weights themselves: a quarter of the bytes of bf16.

    The 8-bit weights of an encoder that was trained on pass the same way.
    """
    scale = weights[f"{layer}/scale"]
    rows, groups = scale.shape
    if f"{layer}/bytes" in weights:
        centred = ops.convert(ops.constant(weights[f"{layer}/bytes"]), np.float32)
    else:
        packed = _four_bits(weights[f"{layer}/nibbles"], [rows, groups, GROUP])
        middle = _four_bits(np.array([0x88], np.uint8), [1, 1, 1])
        centred = ops.subtract(ops.convert(packed, np.float32), ops.convert(middle, np.float32))
    scaled = ops.multiply(centred, ops.constant(scale[..., None].astype(np.float32)))
    matrix = ops.reshape(scaled, np.array([rows, groups * GROUP], np.int64), False)
    return ops.add(ops.matmul(x, matrix, False, True), weights[f"{layer}/bias"].reshape(1, 1, -1))


def _four_bits(packed: np.ndarray, shape: list[int]) -> ov.Node:
    tensor = ov.Tensor(np.ascontiguousarray(packed).reshape(-1), ov.Shape(shape), ov.Type.u4)
    # Shared, as is OpenVINO's default for tensors, the graph would read memory that numpy has given back.
    return ops.constant(tensor, False)


def _norm(x: ov.Node, weights: Mapping[str, np.ndarray], norm: str) -> ov.Node:
    centred = ops.mvn(x, np.array([-1], np.int64), True, NORM_EPSILON, "inside_sqrt")
    gain, bias = (weights[f"{norm}/{name}"].reshape(1, 1, -1) for name in ("gain", "bias"))
    return ops.add(ops.multiply(centred, gain), bias)


def _split_heads(x: ov.Node) -> ov.Node:
    """(n, length, WIDTH) to (n, HEADS, length, WIDTH / HEADS)."""
    split = ops.reshape(x, np.array([0, 0, HEADS, WIDTH // HEADS], np.int64), True)
    return ops.transpose(split, np.array([0, 2, 1, 3], np.int64))


def _join_heads(x: ov.Node) -> ov.Node:
    joined = ops.transpose(x, np.array([0, 2, 1, 3], np.int64))
    return ops.reshape(joined, np.array([0, 0, WIDTH], np.int64), True)


class E5Encoder:
    """Texts to vectors, safe to call from several threads.

    The pieces' embeddings stay in 4 bits as well: only the rows looked up are widened.

    Args:
        weights: as `load_e5_weights` describes them.
        max_pieces: read of a text, prompt included.
        threads: CPU threads; None means all.
        throughput: work on several batches at once, for long lists. A lone text is faster without.
    """

    def __init__(
        self, weights: Mapping[str, np.ndarray], *, max_pieces: int, threads: int | None, throughput: bool = False
    ) -> None:
        _check(weights)
        self._pieces = E5Pieces(weights["piece_text"].tobytes().decode().split("\n"), weights["piece_score"])
        self._nibbles, self._scale = weights["pieces/nibbles"], weights["pieces/scale"]
        self._position = weights["position"].astype(np.float32)
        self._max_pieces = max_pieces
        self._queue = _compile(build_e5(weights), threads=threads, throughput=throughput)
        self._queue.set_callback(_keep)
        self._lock = Lock()

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Normalised embeddings.

        Args:
            texts: any strings; each is read as `query: …`.
        Returns:
            (n, WIDTH) float32, each row of length 1.
        """
        rows = self._pieces.encode(texts, max_pieces=self._max_pieces)
        vectors = np.empty((len(rows), WIDTH), np.float32)
        # Texts of like length go together: a batch is computed to its longest.
        order = np.argsort([len(row) for row in rows], kind="stable")
        with self._lock:
            for start in range(0, len(order), BATCH):
                places = order[start : start + BATCH]
                self._queue.start_async(self._inputs([rows[place] for place in places]), (vectors, places))
            self._queue.wait_all()
        return vectors

    def _inputs(self, rows: Sequence[Sequence[int]]) -> dict[str, np.ndarray]:
        lengths = np.array([len(row) for row in rows])
        longest = -(-int(lengths.max()) // LENGTH_STEP) * LENGTH_STEP
        # The batch is padded too, to 1, 2, 4, 8 or 16.
        ids = np.full((1 << (len(rows) - 1).bit_length(), longest), PAD_ID)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
        is_piece = np.arange(longest) < np.pad(lengths, (0, len(ids) - len(rows)))[:, None]
        return {
            "embeddings": dequantise(self._nibbles[ids], self._scale[ids]) + self._position[:longest],
            "hidden": np.where(is_piece, np.float32(0), HIDDEN)[:, None, None],
            "share": (is_piece / np.maximum(is_piece.sum(1, keepdims=True), 1)).astype(np.float32)[:, None],
        }


def _compile(model: ov.Model, *, threads: int | None, throughput: bool) -> ov.AsyncInferQueue:
    config: dict[str, Any] = cpu_config(threads=threads)
    config["PERFORMANCE_HINT"] = "THROUGHPUT" if throughput else "LATENCY"
    # In f32 the plugin rounds each group of inputs to 8 bits and multiplies integers, which no bf16 form beats.
    config["INFERENCE_PRECISION_HINT"] = "f32"
    requests = 0 if throughput else 1
    queue = ov.AsyncInferQueue(CORE.compile_model(model, "CPU", config), requests)
    shapes = {"embeddings": (1, LENGTH_STEP, WIDTH), "hidden": (1, 1, 1, LENGTH_STEP), "share": (1, 1, LENGTH_STEP)}
    try:
        # By a request that stays: the plugin goes on writing into the inputs of one that was tried and dropped.
        queue.start_async({name: np.zeros(shape, np.float32) for name, shape in shapes.items()})
        queue.wait_all()
    except RuntimeError:
        # A CPU without integer dot products (AVX2 alone): 4-bit weights, inputs as they are.
        config["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = "0"
        queue = ov.AsyncInferQueue(CORE.compile_model(model, "CPU", config), requests)
    return queue


def _keep(request: ov.InferRequest, target: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, places = target
    vectors[places] = request.get_output_tensor(0).data[: len(places)]


def _check(weights: Mapping[str, np.ndarray]) -> None:
    """Raises: KeyError or ValueError, naming the array that is missing or not of its shape."""
    pieces = len(weights["piece_score"])
    expected: dict[str, tuple[int, ...]] = {"position": (MAX_POSITIONS, WIDTH)}
    for name, (outputs, inputs) in {**e5_layers(), "pieces": (pieces, WIDTH)}.items():
        expected[f"{name}/scale"] = outputs, inputs // GROUP
        if f"{name}/bytes" in weights and name != "pieces":
            expected[f"{name}/bytes"] = outputs, inputs // GROUP, GROUP
        else:
            expected[f"{name}/nibbles"] = outputs, inputs // GROUP, GROUP // 2
    expected |= {f"{layer}/bias": (outputs,) for layer, (outputs, _) in e5_layers().items()}
    expected |= {f"{norm}/{name}": (WIDTH,) for norm in e5_norms() for name in ("gain", "bias")}
    for name, shape in expected.items():
        if weights[name].shape != shape:
            raise ValueError(f"{name} is {weights[name].shape}, not {shape}")

"""The check before a bundle is accepted: the OpenVINO form answers as the Keras model does, on real rows."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openvino as ov
from scipy.special import softmax

from bundle.openvino_runner import CORE
from train.error import MismatchError

TOLERANCE = 2e-3
"""Largest difference of a probability. Weights kept as float16 cost about a tenth of it; a wrong layer, far more."""

CHECK_ROWS = 16


def check_openvino_against_keras(
    expert: str,
    model: Path | ov.Model,
    inputs: Mapping[str, np.ndarray],
    keras_logits: np.ndarray,
    *,
    tolerance: float = TOLERANCE,
) -> float:
    """Compare both forms of an expert.

    It is computed in float32, so that what is compared is the form and not the machine's bfloat16.

    Args:
        model: with logits as its one output, or its `model.xml`.
        inputs: of the OpenVINO form by name, each (n, …).
        keras_logits: (n, categories), the Keras model's answers to the same rows.
    Returns:
        The largest difference of a probability.
    Raises:
        MismatchError: it is above `tolerance`, or not a number.
    """
    compiled = CORE.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    rows = []
    for row in range(len(keras_logits)):
        request.infer({name: values[row : row + 1] for name, values in inputs.items()})
        rows.append(request.get_output_tensor(0).data[0].copy())
    difference = float(np.abs(softmax(np.array(rows), axis=1) - softmax(keras_logits, axis=1)).max())
    if not difference <= tolerance:
        raise MismatchError(expert, difference, tolerance)
    return difference


def check_rows(is_held_out: np.ndarray) -> np.ndarray:
    """Places of the rows to check on: the first held-out ones."""
    return np.flatnonzero(is_held_out)[:CHECK_ROWS]

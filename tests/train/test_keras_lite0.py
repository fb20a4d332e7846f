"""The lite0 expert's two forms."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bundle.expert_lite0 import MODEL, Lite0Expert
from bundle.keras_runner import KerasRunner, import_keras
from bundle.lite0 import FEATURES
from train.check import check_openvino_against_keras
from train.error import MismatchError
from train.keras_lite0 import lite0_keras
from train.pixels import pixels_of

pytestmark = pytest.mark.slow
CATEGORIES = 5


def _photos(count: int) -> list[bytes]:
    """Photos with something to see: coarse coloured patches, of several shapes."""
    generator = np.random.default_rng(0)
    photos = []
    for number in range(count):
        patches = generator.integers(0, 256, (5 + number, 7, 3), np.uint8)
        file = io.BytesIO()
        Image.fromarray(patches).resize((300, 200 + 40 * number), Image.Resampling.BICUBIC).save(file, "PNG")
        photos.append(file.getvalue())
    return photos


def test_the_openvino_form_answers_as_keras_does(tmp_path: Path) -> None:
    import_keras()
    generator = np.random.default_rng(1)
    coef = generator.standard_normal((FEATURES, CATEGORIES)).astype(np.float32) * 0.2
    bias = np.arange(CATEGORIES, dtype=np.float32) / 10
    Lite0Expert.save(tmp_path, coef=coef, bias=bias)
    pixels = pixels_of(_photos(3))
    keras_logits = KerasRunner(lite0_keras(coef, bias)).run(pixels)
    inputs = {"pixels": pixels}
    assert check_openvino_against_keras("lite0", tmp_path / MODEL, inputs, keras_logits) < 1e-3

    with pytest.raises(MismatchError, match=r"lite0: the OpenVINO form differs .* refused"):
        check_openvino_against_keras("lite0", tmp_path / MODEL, inputs, np.roll(keras_logits, 1, axis=1))

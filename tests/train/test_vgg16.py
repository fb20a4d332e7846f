"""Where vgg16's pretrained weights come from, and what is said when they do not."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from safetensors.numpy import save_file

from train.error import WeightsError
from train.vgg16 import backbone_weights, convolutions, identity


@pytest.fixture(scope="module")
def random_weights() -> dict[str, np.ndarray]:
    return backbone_weights("none", seed=3)


def test_none_gives_the_same_random_weights_for_the_same_seed(random_weights: dict[str, np.ndarray]) -> None:
    assert len(random_weights) == 2 * 13
    assert identity(backbone_weights("none", seed=3)) == identity(random_weights)
    assert identity(backbone_weights("none", seed=4)) != identity(random_weights)


def test_a_safetensors_file_with_our_names_is_read(tmp_path: Path, random_weights: dict[str, np.ndarray]) -> None:
    save_file(random_weights, tmp_path / "vgg.safetensors")
    found = backbone_weights(str(tmp_path / "vgg.safetensors"), seed=0)
    assert identity(found) == identity(random_weights)


def test_keras_own_h5_layout_is_read_with_its_first_kernel_turned_to_rgb(
    tmp_path: Path, random_weights: dict[str, np.ndarray]
) -> None:
    path = tmp_path / "vgg16_notop.h5"
    with h5py.File(path, "w") as file:
        for layer, *_ in convolutions():
            file[f"{layer}/{layer}_W_1:0"] = random_weights[f"{layer}/kernel"]
            file[f"{layer}/{layer}_b_1:0"] = random_weights[f"{layer}/bias"]
    found = backbone_weights(str(path), seed=0)
    for name, array in random_weights.items():
        np.testing.assert_array_equal(found[name], array[:, :, ::-1] if name == "block1_conv1/kernel" else array)


def test_torchvision_s_names_are_read_and_its_scaling_of_pixels_is_folded_in(
    tmp_path: Path, random_weights: dict[str, np.ndarray]
) -> None:
    numbers = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    theirs = {"classifier.0.weight": np.zeros((2, 2), np.float32)}
    for (layer, *_), number in zip(convolutions(), numbers, strict=True):
        kernel = random_weights[f"{layer}/kernel"].transpose(3, 2, 0, 1)
        theirs[f"features.{number}.weight"] = np.ascontiguousarray(kernel)
        theirs[f"features.{number}.bias"] = random_weights[f"{layer}/bias"]
    save_file(theirs, tmp_path / "torchvision.safetensors")
    found = backbone_weights(str(tmp_path / "torchvision.safetensors"), seed=0)
    name = "block1_conv1/kernel"
    np.testing.assert_allclose(found[name][:, :, 0], random_weights[name][:, :, 0] / (255 * 0.229), rtol=1e-6)
    np.testing.assert_array_equal(found["block5_conv3/kernel"], random_weights["block5_conv3/kernel"])


def _write_cut(path: Path) -> None:
    path.write_bytes(b"\x89HDF\r\n\x1a\n and no more")


def _write_foreign_h5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["resnet/conv1/kernel"] = np.zeros((7, 7, 3, 64))


def _write_narrow(path: Path) -> None:
    save_file({f"{layer}/kernel": np.zeros((3, 3, 1, 1), np.float32) for layer, *_ in convolutions()}, path)


@pytest.mark.parametrize(
    ("name", "write", "reason"),
    [
        ("absent.h5", None, "no such file"),
        ("vgg.pth", lambda path: path.write_bytes(b"x"), "no format of weights"),
        ("vgg", lambda path: path.write_bytes(b"x"), "no format of weights"),
        ("cut.h5", _write_cut, "cannot be read"),
        ("cut.safetensors", lambda path: path.write_bytes(b"x"), "cannot be read"),
        ("foreign.h5", _write_foreign_h5, "holds no block1_conv1/kernel"),
        ("narrow.safetensors", _write_narrow, r"block1_conv1/kernel is \(3, 3, 1, 1\)"),
    ],
)
def test_a_file_that_does_not_fit_is_one_clear_line(tmp_path: Path, name: str, write, reason: str) -> None:  # type: ignore[no-untyped-def]
    if write is not None:
        write(tmp_path / name)
    with pytest.raises(WeightsError, match=reason) as caught:
        backbone_weights(str(tmp_path / name), seed=0)
    assert caught.value.exit_code == 2
    assert name in str(caught.value) and "`none`" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_keras_file_that_is_none_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "cut.keras").write_bytes(b"PK and no more")
    with pytest.raises(WeightsError, match="cannot be read"):
        backbone_weights(str(tmp_path / "cut.keras"), seed=0)

"""The published model's file is read as its source documents it."""

from pathlib import Path

import numpy as np
import pytest

from bundle.convert_e5 import is_kept, read_model, read_source, unpack, unpack_blocks


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(b"E5S1")
    with pytest.raises(SystemExit, match="is not the model"):
        read_source(tmp_path / "other.bin")
    with pytest.raises(ValueError, match="multilingual-e5-small"):
        read_model(b"E5S1" + bytes(40))


def test_low_halves_of_a_block_come_first() -> None:
    block = np.zeros((1, 1, 18), np.uint8)
    block[0, 0, 2:] = np.arange(16) | 0x50
    weights = unpack_blocks(block)
    np.testing.assert_array_equal(weights[0, 0], [*range(16), *[5] * 16])
    np.testing.assert_array_equal(unpack(weights[..., ::2] | weights[..., 1::2] << 4), weights)


@pytest.mark.parametrize("piece", ["<s>", "▁", "▁maison", "ß", "▁é", "12", "▁€", "🎮", "“", "½", "▁μ", "Ω", "³⁄"])
def test_pieces_that_french_listings_use_are_kept(piece: str) -> None:
    assert is_kept(piece) == (piece not in ("½", "³⁄"))  # normalisation writes these otherwise


@pytest.mark.parametrize("piece", ["中", "▁и", "▁και", "ا", "。", "१", "<mask>", "\ue000"])
def test_pieces_of_other_scripts_are_left_out(piece: str) -> None:
    assert not is_kept(piece)

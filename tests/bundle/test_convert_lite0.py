"""The old checkpoint format is read without torch, and nothing in it is run."""

import io
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from bundle.convert_lite0 import read_checkpoint, read_torch_legacy


def test_code_in_a_checkpoint_is_refused() -> None:
    class Foreign:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return print, ("run",)

    stream = io.BytesIO()
    for part in (1, 1001, {}, OrderedDict(weight=Foreign()), []):
        pickle.dump(part, stream, protocol=2)
    with pytest.raises(pickle.UnpicklingError, match="no place in a state dictionary"):
        read_torch_legacy(stream.getvalue())


def test_tensors_are_views_of_their_storages() -> None:
    """A transposed 2 x 3 tensor, at offset 1 of a storage of seven, as torch writes it."""
    tensor = (
        b"\x80\x02ccollections\nOrderedDict\n)R(X\x06\0\0\0weight"
        b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0aX\x03\0\0\0cpuK\x07NtQ"
        b"K\x01K\x03K\x02\x86K\x01K\x03\x86\x89NtRu."
    )
    storage = (7).to_bytes(8, "little") + np.arange(7, dtype="<f4").tobytes()
    head = b"".join(pickle.dumps(part, protocol=2) for part in (1, 1001, {}))
    read = read_torch_legacy(head + tensor + pickle.dumps(["a"], protocol=2) + storage)
    np.testing.assert_array_equal(read["weight"], [[1, 4], [2, 5], [3, 6]])


def test_another_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.pth").write_bytes(b"other")
    with pytest.raises(SystemExit, match="is not the checkpoint"):
        read_checkpoint(tmp_path / "other.pth")

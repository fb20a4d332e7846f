"""Weights that come with the project: each file has its checksum beside it."""

import hashlib
from pathlib import Path

from bundle.error import DamagedBundleError

SHIPPED_WEIGHTS = Path(__file__).parent / "weights"


def read_shipped(path: Path) -> bytes:
    """The file's content.

    Raises:
        DamagedBundleError: the file is missing or not the one that was shipped.
    """
    expected = shipped_digest(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    if hashlib.sha256(content).hexdigest() != expected:
        checksum = _checksum(path).name
        raise DamagedBundleError(str(path), f"differs from its checksum in {checksum}: install the project again")
    return content


def shipped_digest(path: Path) -> str:
    """sha256 that the file must have, hexadecimal; `read_shipped` holds it to that.

    Raises:
        DamagedBundleError: there is no checksum.
    """
    try:
        return _checksum(path).read_text(encoding="ascii").split()[0]
    except (OSError, IndexError) as error:
        raise _unreadable(path, error) from error


def write_shipped(path: Path, content: bytes) -> None:
    """Write a file of weights and its checksum."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    _checksum(path).write_text(f"{digest}  {path.name}\n", encoding="ascii")


def _checksum(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _unreadable(path: Path, error: Exception) -> DamagedBundleError:
    return DamagedBundleError(str(path), f"cannot be read ({error}): install the project again")

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
    checksum = path.with_suffix(".sha256")
    try:
        content = path.read_bytes()
        expected = checksum.read_text(encoding="ascii").split()[0]
    except (OSError, IndexError) as error:
        raise DamagedBundleError(str(path), f"cannot be read ({error}): install the project again") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise DamagedBundleError(str(path), f"differs from its checksum in {checksum.name}: install the project again")
    return content


def write_shipped(path: Path, content: bytes) -> None:
    """Write a file of weights and its checksum."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    path.with_suffix(".sha256").write_text(f"{digest}  {path.name}\n", encoding="ascii")

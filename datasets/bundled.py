"""The sample that comes with the project, and a copy of it to work on."""

import shutil
from pathlib import Path

from datasets.error import FolderError


def sample_path() -> Path:
    """Where the sample lies.

    Raises:
        FolderError: this installation has none (images for a cluster leave it out).
    """
    path = Path(__file__).parent / "sample"
    if not (path / "X_train_update.csv").is_file():
        raise FolderError(str(path), "the bundled sample is not in this installation")
    return path


def write_sample(out: Path) -> Path:
    """Copy the sample into a folder that is new, empty, or the sample already.

    Raises:
        FolderError: the folder holds something else, or cannot be written.
    """
    sample = sample_path()
    try:
        if out.exists() and not out.is_dir():
            raise FolderError(str(out), "is a file; name a new or empty folder")
        if out.is_dir():
            ours = {path.relative_to(sample) for path in sample.rglob("*")}
            stranger = next((path for path in out.rglob("*") if path.relative_to(out) not in ours), None)
            if stranger is not None:
                raise FolderError(str(out), f"is not empty (it holds {stranger.name}); name a new or empty folder")
        out.mkdir(parents=True, exist_ok=True)
        if not out.samefile(sample):
            shutil.copytree(sample, out, dirs_exist_ok=True)
    except OSError as error:
        raise FolderError(str(out), f"the sample cannot be written: {error.strerror or error}") from error
    return out

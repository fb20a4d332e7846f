"""What `run.json` says of a training, and how it is read and written."""

import json
import os
import secrets
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from bundle.store_local import fsync_path
from train.error import RunError

State = Literal["running", "succeeded", "failed", "stopped"]
RECORD = "run.json"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """`run.json`.

    Attributes:
        run: its name, `20261127-101500-3f2a`; also that of its folder.
        command: `train`, or `full training` and the like for those that a server starts.
        started: UTC, `2026-11-27T10:15:00Z`; of the first start where it was resumed.
        options: of `train.options.TrainOptions`, as plain values.
        data: the folders.
        pid: of the process that runs it.
        fingerprint: of the data, see `datasets.fingerprint`; "" before they are read.
        rows: that are learned from.
        git_commit: of the program, with `-dirty` where files were changed; "" outside a checkout.
        seconds: that it ran, all attempts together.
        version: that was published; "" for none.
        champion: whether that version was made champion.
        reason: why it failed or was stopped; "" otherwise.
        metrics: those of the manifest, on held-out rows.
        epochs: what came of each epoch, by expert.
        notes: what a reader should know beside it.
    """

    run: str
    command: str
    state: State
    started: str
    options: dict[str, Any]
    data: list[str]
    pid: int
    fingerprint: str = ""
    rows: int = 0
    git_commit: str = ""
    seconds: float = 0.0
    version: str = ""
    champion: bool = False
    reason: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)
    epochs: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


_RECORD: TypeAdapter[RunRecord] = TypeAdapter(RunRecord)


def read_record(file: Path) -> RunRecord:
    """The record of a run, which lies in a folder of its name.

    Raises:
        RunError: it cannot be read, is damaged, or is that of another run.
    """
    try:
        record = _RECORD.validate_json(file.read_bytes())
    except OSError as error:
        raise RunError(str(file), f"cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise RunError(str(file), f"is no record of a run ({error.errors()[0]['msg']})") from error
    if record.run != file.parent.name:
        raise RunError(str(file), f"is the record of another run, {record.run}")
    return record


def write_record(record: RunRecord, file: Path) -> None:
    """Write a record whole.

    Raises:
        RunError: it cannot be written; the one before stays.
    """
    content = json.dumps(asdict(record), ensure_ascii=False, indent=1, default=str)
    write_whole(file, content.encode())


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in the place of the old one: there is always one of them, never a part. Its folder is made if missing.

    Raises:
        RunError: it cannot be written; the old one stays.
    """
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(exist_ok=True)
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        fsync_path(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise RunError(str(path), f"cannot be written ({error.strerror})") from error


def git_commit() -> str:
    """The commit that this program is at, `-dirty` where its files were changed; "" outside a checkout."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return ""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""  # no git on this machine, or not one that may read the folder

"""A model store on a local or mounted file system."""

import errno
import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bundle.error import StoreError
from bundle.verify import MANIFEST

LEFTOVER = re.compile(r"\.(staging|write)-[0-9a-f]{16}")
LEFTOVER_AGE_S = 3600
"""Of a file, which nobody locks."""


class LocalPlace:
    """A directory. Writes go to a hidden name beside the target, reach the disk, and are renamed.

    Args:
        root: need not exist yet.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def versions(self) -> list[str]:
        if not self._root.exists():
            return []
        try:
            return [entry.name for entry in self._root.iterdir() if entry.is_dir()]
        except OSError as error:
            raise StoreError(str(self._root), f"cannot be read ({error.strerror})") from error

    def read(self, name: str) -> bytes | None:
        try:
            return (self._root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreError(str(self._root / name), f"cannot be read ({error.strerror})") from error

    def write(self, name: str, content: bytes) -> None:
        temporary = self._root / f".write-{secrets.token_hex(8)}"
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._root / name)
            fsync_path(self._root)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise StoreError(str(self._root / name), f"cannot be written ({error.strerror})") from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._root, os.O_RDONLY)
        except OSError as error:
            raise StoreError(str(self._root), f"cannot be written ({error.strerror})") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        with ExitStack() as stack:
            try:
                self._root.mkdir(parents=True, exist_ok=True)
                remove_leftovers(self._root)
                path = stack.enter_context(locked_folder(self._root))
            except OSError as error:
                raise StoreError(str(self._root), f"cannot be written ({error.strerror})") from error
            yield path

    def remove_leftovers(self) -> None:
        if self._root.exists():
            remove_leftovers(self._root)

    def add(self, staging: Path, version: str) -> bool:
        if staging.parent != self._root:
            raise ValueError(f"{staging} does not come from this store's staging()")
        # Some libraries write for the owner's eyes only; a bundle is as readable as any file of this user.
        mode = (staging / MANIFEST).stat().st_mode & 0o777
        for folder, _, files in os.walk(staging, topdown=False):
            for name in files:
                Path(folder, name).chmod(mode)
                fsync_path(Path(folder, name))
            fsync_path(Path(folder))
        try:
            staging.rename(self._root / version)
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
                return False
            raise
        fsync_path(self._root)
        return True

    def local(self, version: str) -> Path:
        return self._root / version


def remove_leftovers(root: Path) -> None:
    """Remove what crashed writers left: hidden folders that no process holds a lock on, and hidden files of an hour."""
    for path in root.iterdir():
        if not LEFTOVER.fullmatch(path.name):
            continue
        try:
            if not path.is_dir() and time.time() - path.stat().st_mtime < LEFTOVER_AGE_S:
                continue
            lock = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        finally:
            os.close(lock)


@contextmanager
def locked_folder(root: Path) -> Iterator[Path]:
    """A hidden folder below `root` that `remove_leftovers` leaves alone, gone afterwards unless renamed."""
    while True:
        path = root / f".staging-{secrets.token_hex(8)}"
        path.mkdir()
        try:
            lock = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue  # taken for a leftover before it was locked
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            break
        os.close(lock)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def fsync_path(path: Path) -> None:
    """Return when a file's content, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

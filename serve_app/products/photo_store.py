"""Where photos lie: in a folder, or behind any URL that fsspec knows, each under the SHA-256 of its bytes.

A photo is put in place and removed inside a transaction that holds its row of `photos` (see shelf.py): whoever holds
the row has the file for himself.
"""

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import fsspec
from fsspec.implementations.local import LocalFileSystem

from bundle.store_local import fsync_path
from serve_app.error import PhotoStoreError
from serve_app.products.photo import NewPhoto

STAGING = ".staging"
LEFTOVER_AGE_S = 3600

Publish = Callable[[], None]
"""Puts a photo in its place; may be called again, when a transaction runs again."""


class PhotoStore(Protocol):
    """A place for photos."""

    def staged(self, photo: NewPhoto) -> AbstractContextManager[Publish]:
        """Does what takes time before the transaction; inside it, the photo is published."""

    def read(self, photo_hash: str) -> bytes | None:
        """The JPEG, or None where there is none."""

    def copy(self, photo_hash: str, target: Path) -> bool:
        """Make a copy that outlives the photo's removal; False where there is no such photo."""

    def remove(self, photo_hash: str) -> None:
        """Remove a photo, if it is there."""


def open_photo_store(url: str) -> PhotoStore:
    """The store behind a path or URL.

    Raises:
        PhotoStoreError: the URL's kind is unknown, its package is missing, or the folder cannot be written.
    """
    try:
        file_system, root = fsspec.core.url_to_fs(str(Path(url).expanduser()) if "://" not in url else url)
    except (ImportError, ValueError) as error:
        raise PhotoStoreError(url, str(error)) from error
    if not isinstance(file_system, LocalFileSystem):
        return RemotePhotos(file_system, root.rstrip("/"))
    try:
        return LocalPhotos(Path(root))
    except OSError as error:
        raise PhotoStoreError(url, f"cannot be written ({error.strerror})") from error


class LocalPhotos:
    """Photos in a folder for its owner's eyes only."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.parent.mkdir(parents=True, exist_ok=True)
        root.mkdir(mode=0o700, exist_ok=True)
        (root / STAGING).mkdir(mode=0o700, exist_ok=True)
        for left in (root / STAGING).iterdir():
            if time.time() - left.stat().st_mtime > LEFTOVER_AGE_S:
                left.unlink(missing_ok=True)

    @contextmanager
    def staged(self, photo: NewPhoto) -> Iterator[Publish]:
        temporary = self._root / STAGING / secrets.token_hex(8)
        place = self._path(photo.hash)

        def publish() -> None:
            if place.exists():
                return
            if not temporary.exists():
                write_synced(temporary, photo.jpeg)
            temporary.rename(place)
            fsync_path(place.parent)

        try:
            write_synced(temporary, photo.jpeg)
            if not place.parent.exists():
                place.parent.mkdir(mode=0o700, exist_ok=True)
                fsync_path(self._root)
            yield publish
        finally:
            temporary.unlink(missing_ok=True)

    def read(self, photo_hash: str) -> bytes | None:
        try:
            return self._path(photo_hash).read_bytes()
        except FileNotFoundError:
            return None

    def copy(self, photo_hash: str, target: Path) -> bool:
        try:
            # Files are never changed, so a second name for one is a copy.
            target.hardlink_to(self._path(photo_hash))
        except FileNotFoundError:
            return False
        except OSError:
            shutil.copyfile(self._path(photo_hash), target)
            with target.open("rb") as file:
                os.fsync(file.fileno())
        return True

    def remove(self, photo_hash: str) -> None:
        self._path(photo_hash).unlink(missing_ok=True)

    def _path(self, photo_hash: str) -> Path:
        return self._root / photo_hash[:2] / f"{photo_hash}.jpg"


class RemotePhotos:
    """Photos as objects, each of which is written whole or not at all."""

    def __init__(self, file_system: fsspec.AbstractFileSystem, root: str) -> None:
        self._fs = file_system
        self._root = root

    @contextmanager
    def staged(self, photo: NewPhoto) -> Iterator[Publish]:
        path = self._path(photo.hash)

        def publish() -> None:
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(path, photo.jpeg)

        yield publish

    def read(self, photo_hash: str) -> bytes | None:
        try:
            return bytes(self._fs.cat_file(self._path(photo_hash)))
        except FileNotFoundError:
            return None

    def copy(self, photo_hash: str, target: Path) -> bool:
        jpeg = self.read(photo_hash)
        if jpeg is not None:
            write_synced(target, jpeg)
        return jpeg is not None

    def remove(self, photo_hash: str) -> None:
        try:
            self._fs.rm_file(self._path(photo_hash))
        except FileNotFoundError:
            return

    def _path(self, photo_hash: str) -> str:
        return f"{self._root}/{photo_hash[:2]}/{photo_hash}.jpg"


def write_synced(path: Path, content: bytes) -> None:
    """Write a new file for its owner's eyes, and return when it is on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())

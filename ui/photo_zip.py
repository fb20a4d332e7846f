"""The photos of a batch, in a zip archive that somebody sent."""

import zipfile
import zlib
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

PHOTO_MOST_BYTES = 10_000_000
"""As large as the API takes a photo; what is larger is not unpacked."""


class PhotoZipError(Exception):
    """The file is no zip archive that can be read."""


class PhotoTooLarge(Exception):
    """A photo is larger than the API takes."""


class PhotoZip:
    """Photos by the names of their files, whatever folder they lie in and however the name is capitalised.

    Raises:
        PhotoZipError: no zip archive.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise PhotoZipError(str(error)) from error
        members = [member for member in self._archive.infolist() if not member.is_dir()]
        # What macOS puts beside each file is no photo.
        self._members = {
            _plain(member.filename): member for member in members if not member.filename.startswith("__MACOSX/")
        }
        self._asked: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()

    @property
    def unused(self) -> int:
        """Photos that nobody asked for."""
        return len(self._members.keys() - self._asked)

    def read(self, name: str) -> bytes | None:
        """The photo of that name; None where there is none that can be unpacked.

        Raises:
            PhotoTooLarge
        """
        plain = _plain(name)
        member = self._members.get(plain)
        if member is None:
            return None
        self._asked.add(plain)
        if member.file_size > PHOTO_MOST_BYTES:
            raise PhotoTooLarge
        try:
            with self._archive.open(member) as file:
                # What the archive says of the size is its maker's word: no more than that is unpacked.
                return file.read(member.file_size)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError):
            return None


def _plain(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name.casefold()

"""The model store: versions of bundles, and which of them is champion.

STORE/champion                              the champion's version; below it those before it, the latest first
STORE/20261125-101500-3f2a/manifest.json    a published bundle: its name is UTC time and four random hex digits
STORE/.staging-…                            a bundle being written; a crash leaves it, a later publish removes it
"""

import re
import secrets
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from platformdirs import user_cache_path

from bundle.error import DamagedBundleError, NoEarlierChampionError, NoSuchVersionError
from bundle.manifest import Manifest
from bundle.verify import MANIFEST, check_manifest, file_entry, file_names, parse_manifest, verify

VERSION = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
SECOND = len("20261125-101500")
"""So much of a version tells when it was published."""

CHAMPION = "champion"
KEPT_CHAMPIONS = 100
"""As many times can be rolled back."""


class Place(Protocol):
    """Where a store lies. What it writes is there whole or not at all, even after a crash."""

    def versions(self) -> list[str]:
        """Names of directories that hold a published bundle."""
        ...

    def read(self, name: str) -> bytes | None:
        """A small file, or None."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Put a small file in the place of the old one."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Keeps other processes from reading a file to write it anew; where a place can't, two at once may lose one."""
        ...

    def staging(self) -> AbstractContextManager[Path]:
        """An empty local directory, from which `add` can take a bundle. Removes what crashes left here before."""
        ...

    def remove_leftovers(self) -> None:
        """Remove what crashed publishers left."""
        ...

    def add(self, staging: Path, version: str) -> bool:
        """Make a staged bundle a version; False where that version exists."""
        ...

    def local(self, version: str) -> Path:
        """A published bundle as a local directory, whole when it comes from far."""
        ...


class ModelStore:
    """A model store on a local path or on any file system that fsspec knows (`s3://`, `gs://`, `memory://`).

    Processes may publish, promote and read at the same time.

    Args:
        url: path or URL; it need not exist yet.
        cache: where bundles of a remote store are kept; default the user's cache directory.
    Raises:
        StoreError: the URL's kind is unknown, or its package is not installed.
    """

    def __init__(self, url: str | Path, *, cache: Path | None = None) -> None:
        self.url = str(url)
        self._place = _place(self.url, cache or user_cache_path("rayonnage") / "models")

    def versions(self) -> list[str]:
        """Published versions, oldest first."""
        return sorted(name for name in self._place.versions() if VERSION.fullmatch(name))

    def champion(self) -> str | None:
        """The version that answers, or None before the first.

        Raises:
            DamagedBundleError: the pointer holds something else than a version.
        """
        content = self._place.read(CHAMPION)
        if content is None:
            return None
        version = content.decode("ascii", errors="replace").strip().partition("\n")[0].strip()
        if not VERSION.fullmatch(version):
            raise DamagedBundleError(f"{self.url}/{CHAMPION}", "names no version: promote one")
        return version

    def earlier_champion(self) -> str:
        """The version that `rollback` goes back to: the latest champion before this one that is still in the store.

        Raises:
            NoEarlierChampionError
        """
        champions = self._champions()
        known = set(self.versions()) - set(champions[:1])
        for version in champions[1:]:
            if version in known:
                return version
        raise NoEarlierChampionError(self.url)

    def manifest(self, version: str | None = None) -> Manifest:
        """What a version (None: the champion) says about itself; its files are not checked.

        Raises:
            NoSuchVersionError, DamagedBundleError
        """
        version = self._known(version)
        file = f"{version}/{MANIFEST}"
        content = self._place.read(file)
        if content is None:
            raise DamagedBundleError(f"{self.url}/{file}", "is missing")
        return parse_manifest(content, f"{self.url}/{file}")

    def open_path(self, version: str | None = None) -> Path:
        """A version (None: the champion) as a local directory in which every file was checked.

        Raises:
            NoSuchVersionError, DamagedBundleError
        """
        version = self._known(version)
        path = self._place.local(version)
        manifest = verify(path)
        if manifest.version != version:
            raise DamagedBundleError(str(path / MANIFEST), f"says that it is version {manifest.version}")
        return path

    def address(self, version: str) -> str:
        """Where a version lies, for who looks for it without this program: an absolute path or a URL."""
        if "://" in self.url:
            return f"{self.url.rstrip('/')}/{version}"
        return str(Path(self.url).expanduser().absolute() / version)

    def promote(self, version: str) -> None:
        """Make a version the champion, after checking every file of it.

        Raises:
            NoSuchVersionError, DamagedBundleError
        """
        self.open_path(version)
        self._crown(version)

    def rollback(self, *, to: str | None = None) -> str:
        """Make the champion before this one champion again; once more goes back one more.

        Args:
            to: the version expected from `earlier_champion`, where it was prepared; None takes whichever it is.
        Returns:
            The champion now.
        Raises:
            NoEarlierChampionError: there is none, or by now it is another one than expected.
            DamagedBundleError
        """
        with self._place.lock():
            version = self.earlier_champion()
            if to not in (None, version):
                raise NoEarlierChampionError(self.url)
            self.open_path(version)
            champions = self._champions()
            self._write_champions(champions[champions.index(version, 1) :])
        return version

    def staging(self) -> AbstractContextManager[Path]:
        """`with store.staging() as path`: an empty directory for a bundle's files, gone afterwards unless published."""
        return self._place.staging()

    def remove_leftovers(self) -> None:
        """Remove what publishers left that were killed; those at work are left alone."""
        self._place.remove_leftovers()

    def publish(self, staging: Path, manifest: Manifest, *, promote: bool) -> str:
        """Make the staged files a version.

        Args:
            staging: from `staging`, with all files but the manifest.
            manifest: its `version`, `created` and `files` are filled in here.
            promote: make the version champion.
        Returns:
            The version.
        Raises:
            DamagedBundleError: manifest and files contradict each other.
        """
        files = {name: file_entry(staging / name) for name in sorted(file_names(staging))}
        while True:
            now = datetime.now(UTC)
            version = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
            latest = max(self.versions(), default="")
            if version[:SECOND] == latest[:SECOND] and version < latest:
                time.sleep(0.001)  # the same second: draw again, so that what is published later is listed later
                continue
            full = manifest.model_copy(update={"version": version, "created": now, "files": files})
            check_manifest(full, MANIFEST)
            (staging / MANIFEST).write_text(full.model_dump_json(indent=1), encoding="utf-8")
            if self._place.add(staging, version):
                break
        if promote:
            self._crown(version)
        return version

    def _crown(self, version: str) -> None:
        with self._place.lock():
            champions = self._champions()
            if champions[:1] != [version]:
                self._write_champions([version, *champions])

    def _champions(self) -> list[str]:
        """This champion and those before it, the latest first; what is no version is passed over."""
        content = self._place.read(CHAMPION) or b""
        return [line for line in content.decode("ascii", errors="replace").split() if VERSION.fullmatch(line)]

    def _write_champions(self, champions: list[str]) -> None:
        self._place.write(CHAMPION, "".join(f"{version}\n" for version in champions[:KEPT_CHAMPIONS]).encode("ascii"))

    def _known(self, version: str | None) -> str:
        wanted = version or self.champion()
        known = self.versions()
        if wanted is None or wanted not in known:
            raise NoSuchVersionError(self.url, wanted, known)
        return wanted


def _place(url: str, cache: Path) -> Place:
    scheme, separator, path = url.partition("://")
    if not separator or scheme in ("file", "local"):
        from bundle.store_local import LocalPlace

        return LocalPlace(Path(path if separator else url).expanduser())
    from bundle.store_remote import RemotePlace

    return RemotePlace(url, cache)

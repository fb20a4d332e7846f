"""A model store on object storage, or on anything else that fsspec knows.

Nothing can be renamed there at once, but one object is written whole or not at all: a bundle's manifest goes last, and
a directory without one is no version.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsspec

from bundle.error import DamagedBundleError, StoreError
from bundle.store_local import locked_folder, remove_leftovers
from bundle.verify import MANIFEST, file_names, parse_manifest, verify

CLAIM = re.compile(r"\.claim-(\d{8}-\d{6})-[0-9a-f]{4}")
CLAIM_AGE = timedelta(days=1)


class RemotePlace:
    """A prefix on a remote file system.

    Args:
        url: for example `s3://bucket/models`; credentials come from the environment, as fsspec's packages read them.
        cache: local directory for the bundles that are opened.
    Raises:
        StoreError: the URL's kind is unknown, or its package is not installed.
    """

    def __init__(self, url: str, cache: Path) -> None:
        self._url = url
        try:
            self._fs, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise StoreError(url, str(error)) from error
        self._root = root.rstrip("/")
        self._cache = cache / hashlib.sha256(url.rstrip("/").encode()).hexdigest()[:16]

    def versions(self) -> list[str]:
        with self._reporting():
            self._fs.invalidate_cache()
            if not self._fs.exists(self._root):
                return []
            names = [entry.rstrip("/").rpartition("/")[2] for entry in self._fs.ls(self._root, detail=False)]
            return [name for name in names if self._fs.exists(f"{self._root}/{name}/{MANIFEST}")]

    def read(self, name: str) -> bytes | None:
        with self._reporting():
            self._fs.invalidate_cache()
            try:
                return bytes(self._fs.cat_file(f"{self._root}/{name}"))
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> None:
        with self._reporting():
            self._fs.makedirs(self._root, exist_ok=True)
            self._fs.pipe_file(f"{self._root}/{name}", content)

    def lock(self) -> AbstractContextManager[None]:
        return nullcontext()

    @contextmanager
    def staging(self) -> Iterator[Path]:
        with self._reporting():
            self._remove_claims()
        with tempfile.TemporaryDirectory(prefix="rayonnage-") as path:
            yield Path(path)

    def remove_leftovers(self) -> None:
        with self._reporting():
            self._remove_claims()

    def add(self, staging: Path, version: str) -> bool:
        target = f"{self._root}/{version}"
        claim = f"{self._root}/.claim-{version}"
        with self._reporting():
            self._fs.makedirs(self._root, exist_ok=True)
            try:
                self._fs.pipe_file(claim, b"", mode="create")
            except FileExistsError:
                return False
            if self._fs.exists(target):
                self._fs.rm_file(claim)
                return False
            for name in (*sorted(file_names(staging)), MANIFEST):
                self._fs.makedirs(f"{target}/{name}".rpartition("/")[0], exist_ok=True)
                self._fs.put_file(str(staging / name), f"{target}/{name}")
            self._fs.rm_file(claim)
        return True

    def local(self, version: str) -> Path:
        path = self._cache / version
        if path.exists():
            try:
                verify(path)
                return path
            except DamagedBundleError:
                shutil.rmtree(path)
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            remove_leftovers(self._cache)
            with locked_folder(self._cache) as temporary:
                self._download(version, temporary)
                temporary.rename(path)
        except OSError as error:
            if not path.exists():  # else another process was faster
                raise StoreError(self._url, f"cache {self._cache} cannot be written ({error.strerror})") from error
        return path

    def _download(self, version: str, target: Path) -> None:
        """Only what the manifest names, whose paths were checked: nothing lands outside `target`."""
        content = self.read(f"{version}/{MANIFEST}")
        if content is None:
            raise DamagedBundleError(f"{self._url}/{version}/{MANIFEST}", "is missing")
        manifest = parse_manifest(content, f"{self._url}/{version}/{MANIFEST}")
        with self._reporting():
            for name in manifest.files:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                try:
                    self._fs.get_file(f"{self._root}/{version}/{name}", str(target / name))
                except FileNotFoundError:
                    raise DamagedBundleError(f"{self._url}/{version}/{name}", "is missing") from None
        (target / MANIFEST).write_bytes(content)

    def _remove_claims(self) -> None:
        """Remove claims of publishes that crashed, with the files that they had sent."""
        self._fs.invalidate_cache()
        if not self._fs.exists(self._root):
            return
        for entry in self._fs.ls(self._root, detail=False):
            found = CLAIM.fullmatch(entry.rpartition("/")[2])
            if found is None:
                continue
            claimed = datetime.strptime(found[1], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
            target = f"{self._root}/{found[0].removeprefix('.claim-')}"
            if datetime.now(UTC) - claimed < CLAIM_AGE:
                continue
            if self._fs.exists(target) and not self._fs.exists(f"{target}/{MANIFEST}"):
                self._fs.rm(target, recursive=True)
            self._fs.rm_file(entry)

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(self._url, f"cannot be used ({error.strerror or error})") from error

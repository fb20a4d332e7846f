"""Checks that a directory is a whole, unchanged bundle that this program can read.

Every file is compared with its size and SHA-256 in `manifest.json`. A file that the manifest does not name is refused
too: experts look for files by name, so one that was slipped in would be loaded. A bundle is never changed in place.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from bundle.error import DamagedBundleError
from bundle.manifest import FileEntry, Manifest

MANIFEST = "manifest.json"
FORMAT = 1


def verify(path: Path) -> Manifest:
    """The manifest of a bundle in which every file is there, unchanged, and nothing else is.

    Raises:
        DamagedBundleError: names the file and the reason.
    """
    manifest = read_manifest(path)
    found = set(file_names(path))
    for name in sorted(found - manifest.files.keys()):
        raise DamagedBundleError(str(path / name), "is not in the manifest: a bundle is never changed in place")
    for name, expected in manifest.files.items():
        if name not in found:
            raise DamagedBundleError(str(path / name), "is missing")
        actual = file_entry(path / name)
        if actual.size_bytes != expected.size_bytes:
            reason = f"has {actual.size_bytes} bytes where the manifest says {expected.size_bytes}"
            raise DamagedBundleError(str(path / name), reason)
        if actual.sha256 != expected.sha256:
            raise DamagedBundleError(str(path / name), "was changed after it was published (its SHA-256 differs)")
    return manifest


def read_manifest(path: Path) -> Manifest:
    """The manifest of a bundle, whose files are not looked at.

    Raises:
        DamagedBundleError: there is none, it is cut or of another program, or its format is newer than this program.
    """
    file = path / MANIFEST
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        reason = "is not there" if not path.exists() else f"is no bundle: it has no {MANIFEST}"
        raise DamagedBundleError(str(path), reason) from None
    except OSError as error:
        raise DamagedBundleError(str(file), f"cannot be read ({error.strerror})") from error
    return parse_manifest(content, str(file))


def parse_manifest(content: bytes, file: str) -> Manifest:
    """Read a manifest's bytes; `file` is the name for error messages.

    Raises:
        DamagedBundleError: as `read_manifest`.
    """
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DamagedBundleError(file, f"is cut or no JSON ({error})") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("format"), int):
        raise DamagedBundleError(file, "is no manifest of a Rayonnage bundle")
    if raw["format"] > FORMAT:
        newer = f"has format {raw['format']}, this version of Rayonnage reads up to {FORMAT}: install a newer one"
        raise DamagedBundleError(file, newer)
    try:
        manifest = Manifest.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DamagedBundleError(file, f"{place}: {first['msg']}") from None
    check_manifest(manifest, file)
    return manifest


def check_manifest(manifest: Manifest, file: str) -> None:
    """What types alone do not say: safe paths, categories told apart, experts with files and fair weights.

    Raises:
        DamagedBundleError: naming what contradicts itself.
    """
    directories = [expert.directory for expert in manifest.experts]
    for name in (*manifest.files, *directories):
        pure = PurePosixPath(name)
        if not name or pure.is_absolute() or ".." in pure.parts or "\\" in name or str(pure) != name or name == ".":
            raise DamagedBundleError(file, f"path {name!r} does not stay inside the bundle")
    if not manifest.categories or len(set(manifest.codes)) != len(manifest.categories):
        raise DamagedBundleError(file, "categories: at least one, each with a prdtypecode of its own")
    if not manifest.experts:
        raise DamagedBundleError(file, "experts: a bundle has at least one")
    if abs(sum(expert.weight for expert in manifest.experts) - 1) > 1e-3:
        raise DamagedBundleError(file, "experts: their weights do not add up to 1")
    for directory in directories:
        if directories.count(directory) > 1:
            raise DamagedBundleError(file, f"experts: {directory} belongs to two of them")
        if not any(name.startswith(f"{directory}/") for name in manifest.files):
            raise DamagedBundleError(file, f"experts: {directory} has no files")


def file_names(path: Path) -> Iterator[str]:
    """Every file below `path` except its manifest, relative, with forward slashes.

    Raises:
        DamagedBundleError: a link or something else that is no plain file.
    """
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            entry = Path(folder, name)
            if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
                raise DamagedBundleError(str(entry), "is a link or no plain file")
        names = (Path(folder, name).relative_to(path).as_posix() for name in files)
        yield from (name for name in names if name != MANIFEST)


def file_entry(path: Path) -> FileEntry:
    """Size and SHA-256 of a file.

    Raises:
        DamagedBundleError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return FileEntry(sha256=digest, size_bytes=os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise DamagedBundleError(str(path), f"cannot be read ({error.strerror})") from error

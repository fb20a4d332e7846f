"""Features of a frozen backbone, computed once for each photo or text and kept on disk by content hash."""

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from datasets.progress import Progress, silent

if TYPE_CHECKING:
    from train.spread import Load

CHUNK = 64
"""Photos computed between two writes: what a crash costs at most."""


def cached_features(
    keys: Sequence[str],
    load: "Load",
    *,
    backbone: str,
    cache_dir: Path,
    workers: int = 1,
    progress: Progress = silent,
    dtype: type[np.floating] = np.float32,
    chunk: int = CHUNK,
) -> np.ndarray:
    """Features of every key, from the cache where it has them.

    They are stored as float16, one file a key under `cache_dir/backbone`, written beside and renamed: a crash or a
    second process at the same work leaves whole files only, and a file that is not whole is computed again. Fresh
    features pass through float16 too, so the first run and the next give the same numbers.

    Args:
        keys: sha256 of each photo's bytes (`datasets.photo.photo_key`) or of each text; equal keys are computed once.
        load: gives what takes places in `keys` (about `chunk`) and gives their features (n, width); called where
            something is missing.
        workers: of Ray Data, which share the work; 1: this process alone.
        backbone: identity of the backbone and its weights, for example `vgg16-imagenet-1f2e3d4c`.
        dtype: of the result.
        chunk: rows computed between two writes; texts are quick and want longer lists than photos.
    Returns:
        (len(keys), width).
    Raises:
        ValueError: there is no key at all, so the width is unknown.
    """
    if not keys:
        raise ValueError("no photo or text to take features from")
    folder = cache_dir / backbone
    first_place = {key: place for place, key in reversed(list(enumerate(keys)))}
    features: np.ndarray | None = None
    missing: list[int] = []
    for key, place in first_place.items():
        row = _read(_path(folder, key))
        if row is None or (features is not None and row.shape != features.shape[1:]):
            missing.append(place)
            continue
        if features is None:
            features = np.empty((len(keys), *row.shape), dtype)
        features[place] = row
    missing.sort()
    done = len(first_place) - len(missing)
    stage = f"features {backbone}"
    progress(stage, done, len(first_place))
    for places, computed in _computed(load, missing, workers=workers, chunk=chunk):
        fresh = _to_float16(computed)
        if features is None:
            features = np.empty((len(keys), *fresh.shape[1:]), dtype)
        features[places] = fresh
        for place, row in zip(places, fresh, strict=True):
            _write(_path(folder, keys[place]), row)
        done += len(places)
        progress(stage, done, len(first_place))
    assert features is not None
    for place, key in enumerate(keys):
        if first_place[key] != place:
            features[place] = features[first_place[key]]
    return features


def _computed(load: "Load", places: list[int], *, workers: int, chunk: int) -> Iterator[tuple[list[int], np.ndarray]]:
    if not places:
        return
    if workers > 1 and len(places) > chunk:
        from train.spread import spread  # imports Ray

        yield from spread(load, places, workers=workers, chunk=chunk)
        return
    compute = load(None)
    for start in range(0, len(places), chunk):
        part = places[start : start + chunk]
        yield part, compute(part)


def _path(folder: Path, key: str) -> Path:
    return folder / key[:2] / f"{key}.npy"


def _to_float16(features: np.ndarray) -> np.ndarray:
    largest = np.finfo(np.float16).max
    return np.clip(features, -largest, largest).astype(np.float16)


def _read(path: Path) -> np.ndarray | None:
    """The stored features, or None where there are none or the file is not whole."""
    try:
        return np.load(path, allow_pickle=False)
    except (FileNotFoundError, EOFError, ValueError):
        return None


def _write(path: Path, row: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.{uuid.uuid4().hex}.tmp")
    try:
        with draft.open("wb") as file:
            np.save(file, row, allow_pickle=False)
        draft.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()

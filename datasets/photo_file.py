"""The photos of a data folder: found by the ids in their names, checked by decoding."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from datasets.error import PhotoError
from datasets.photo import open_photo
from datasets.progress import Progress

_NAME = re.compile(r"image_0*(\d{1,19})_product_0*(\d{1,19})\.(\w{1,5})", re.IGNORECASE)
_PREFERRED = {suffix: rank for rank, suffix in enumerate(("jpg", "jpeg", "png", "webp", "gif", "bmp"))}
_CHECK_PX = 64  # a JPEG is decoded at an eighth: every byte is read, few pixels are made
_THREADS = 2


def find_photos(folder: Path, part: Literal["train", "test"]) -> dict[tuple[int, int], Path]:
    """Path of each photo by (imageid, productid), whatever the case and the kind of its suffix.

    Looked for in `images/image_<part>`, then `image_<part>`, then `images`; no such folder is a folder without photos.
    """
    directory = next(
        (
            found
            for names in (("images", f"image_{part}"), (f"image_{part}",), ("images",))
            if (found := _descend(folder, names)) is not None
        ),
        None,
    )
    photos: dict[tuple[int, int], Path] = {}
    ranks: dict[tuple[int, int], tuple[int, str]] = {}
    for path in directory.iterdir() if directory else ():
        match = _NAME.fullmatch(path.name)
        if match:
            key = int(match[1]), int(match[2])
            rank = _PREFERRED.get(match[3].lower(), len(_PREFERRED)), path.name
            if key not in ranks or rank < ranks[key]:
                photos[key], ranks[key] = path, rank
    return photos


def check_photos(paths: Sequence[Path], *, progress: Progress) -> dict[Path, str]:
    """Decode every photo; reason of each one that cannot be shown."""
    broken: dict[Path, str] = {}
    with ThreadPoolExecutor(_THREADS) as pool:
        for done, (path, reason) in enumerate(zip(paths, pool.map(_fault, paths, chunksize=1), strict=True), start=1):
            if reason is not None:
                broken[path] = reason
            progress("photos", done, len(paths))
    return broken


def _fault(path: Path) -> str | None:
    try:
        open_photo(path, smallest_side=_CHECK_PX)
    except PhotoError as error:
        return error.reason
    return None


def _descend(folder: Path, names: Sequence[str]) -> Path | None:
    for name in names:
        if not folder.is_dir():
            return None
        if not (folder / name).is_dir():
            same = (child for child in folder.iterdir() if child.name.casefold() == name and child.is_dir())
            found = next(same, None)
            if found is None:
                return None
            folder = found
        else:
            folder = folder / name
    return folder

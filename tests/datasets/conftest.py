"""Data folders written by the tests: every row is ours, every photo is drawn."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

WriteFolder = Callable[..., Path]


@pytest.fixture
def photo_bytes() -> Callable[..., bytes]:
    """A small JPEG of soft patches of colour, another one for each seed."""

    def draw(seed: int = 0) -> bytes:
        noise = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(noise).resize((60, 40), Image.Resampling.BICUBIC).save(buffer, "JPEG")
        return buffer.getvalue()

    return draw


@pytest.fixture
def write_folder(tmp_path: Path) -> WriteFolder:
    """Writes a folder. A row is a dictionary of the columns; what it leaves out is filled in.

    `code=None` leaves the row out of Y; `photos` are bytes by (imageid, productid).
    """

    def write(
        rows: Sequence[dict[str, Any]], *, name: str = "listings", photos: dict[tuple[int, int], bytes] | None = None
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        x_rows, y_rows = [], []
        for place, given in enumerate(rows):
            index = given.get("row", place)
            ids = given.get("productid", 1000 + place), given.get("imageid", 5000 + place)
            x_rows.append((index, given.get("designation", f"Chaise {place}"), given.get("description", ""), *ids))
            if given.get("code", 10) is not None:
                y_rows.append((index, given.get("code", 10)))
        _write(folder / "X_train_update.csv", ("", "designation", "description", "productid", "imageid"), x_rows)
        _write(folder / "Y_train_CVw08PX.csv", ("", "prdtypecode"), y_rows)
        for (imageid, productid), data in (photos or {}).items():
            directory = folder / "images" / "image_train"
            directory.mkdir(parents=True, exist_ok=True)
            (directory / f"image_{imageid}_product_{productid}.jpg").write_bytes(data)
        return folder

    return write


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)

"""A fingerprint follows the content: not the place, not the order, and every change shows."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from datasets.fingerprint import fingerprint
from datasets.folder import load_folders

ROWS = [
    {"row": 1, "designation": "Lampe", "description": "en bois", "productid": 11, "imageid": 21, "code": 2060},
    {"row": 2, "designation": "Chaise", "productid": 12, "imageid": 22, "code": 1560},
]


def test_place_and_order_do_not_matter(write_folder: Callable[..., Path], photo_bytes: Callable[..., bytes]) -> None:
    photos = {(21, 11): photo_bytes()}
    first = write_folder(ROWS, name="a", photos=photos)
    second = write_folder([row | {"row": 50 - int(str(row["row"]))} for row in ROWS[::-1]], name="b", photos=photos)
    moved = Path(shutil.copytree(first, first.parent / "c"))
    prints = {fingerprint(load_folders([folder])) for folder in (first, second, moved)}
    assert len(prints) == 1
    assert len(prints.pop()) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"designation": "Lampe "},
        {"description": "en fer"},
        {"code": 10},
        {"imageid": 99},
        {"designation": "", "description": "Lampe"},
    ],
)
def test_any_change_of_a_row_shows(
    change: dict[str, object], write_folder: Callable[..., Path], photo_bytes: Callable[..., bytes]
) -> None:
    photos = {(21, 11): photo_bytes()}
    before = write_folder(ROWS, name="a", photos=photos)
    after = write_folder([ROWS[0] | change, ROWS[1]], name="b", photos=photos)
    assert fingerprint(load_folders([before])) != fingerprint(load_folders([after]))


def test_another_photo_a_missing_row_and_a_group_show(
    write_folder: Callable[..., Path], photo_bytes: Callable[..., bytes]
) -> None:
    folders = [
        write_folder(ROWS, name="a", photos={(21, 11): photo_bytes(0)}),
        write_folder(ROWS, name="b", photos={(21, 11): photo_bytes(1)}),
        write_folder(ROWS[:1], name="c", photos={(21, 11): photo_bytes(0)}),
        write_folder(ROWS, name="d", photos={(21, 11): photo_bytes(0)}),
    ]
    (folders[3] / "groups.csv").write_text("index,group\n1,lampes\n")
    assert len({fingerprint(load_folders([folder])) for folder in folders}) == 4

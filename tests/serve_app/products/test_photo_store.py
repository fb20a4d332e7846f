"""Photos in a folder and behind a URL: there whole, or not there."""

import os
import secrets
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from serve_app.error import PhotoStoreError
from serve_app.products.photo import NewPhoto
from serve_app.products.photo_store import PhotoStore, open_photo_store

TakePhoto = Callable[..., NewPhoto]


@pytest.fixture(params=["path", "file", "memory"])
def photos(request: pytest.FixtureRequest, tmp_path: Path) -> PhotoStore:
    root = tmp_path / "new" / "photos"
    return open_photo_store(
        {"path": str(root), "file": f"file://{root}", "memory": f"memory://{secrets.token_hex(4)}/photos"}[
            request.param
        ]
    )


def test_a_photo_is_there_once_it_is_published(photos: PhotoStore, take_photo: TakePhoto, tmp_path: Path) -> None:
    photo = take_photo()
    assert photos.read(photo.hash) is None
    assert not photos.copy(photo.hash, tmp_path / "none.jpg")
    with photos.staged(photo) as publish:
        assert photos.read(photo.hash) is None
        publish()
        assert photos.read(photo.hash) == photo.jpeg
    assert photos.read(photo.hash) == photo.jpeg
    assert photos.copy(photo.hash, tmp_path / "copy.jpg")
    photos.remove(photo.hash)
    photos.remove(photo.hash)
    assert photos.read(photo.hash) is None
    assert (tmp_path / "copy.jpg").read_bytes() == photo.jpeg


def test_a_transaction_that_runs_again_publishes_again(photos: PhotoStore, take_photo: TakePhoto) -> None:
    photo = take_photo()
    with photos.staged(photo) as publish:
        publish()
        publish()
        photos.remove(photo.hash)  # what another one did in between
        publish()
    assert photos.read(photo.hash) == photo.jpeg


def test_what_is_not_published_leaves_nothing(take_photo: TakePhoto, tmp_path: Path) -> None:
    photos = open_photo_store(str(tmp_path / "photos"))
    with pytest.raises(KeyError), photos.staged(take_photo()):
        raise KeyError
    assert [path for path in (tmp_path / "photos").rglob("*") if path.is_file()] == []


def test_the_folder_is_for_its_owner_only(take_photo: TakePhoto, tmp_path: Path) -> None:
    photos = open_photo_store(str(tmp_path / "photos"))
    with photos.staged(take_photo()) as publish:
        publish()
    (file,) = (tmp_path / "photos").rglob("*.jpg")
    assert file == tmp_path / "photos" / file.name[:2] / file.name
    assert stat.S_IMODE((tmp_path / "photos").stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_a_killed_server_left_is_removed_an_hour_later(tmp_path: Path) -> None:
    open_photo_store(str(tmp_path))
    for name, age_s in (("old", 3700), ("young", 60)):
        (tmp_path / ".staging" / name).write_bytes(b"half a photo")
        os.utime(tmp_path / ".staging" / name, (time.time() - age_s,) * 2)
    open_photo_store(str(tmp_path))
    assert [path.name for path in (tmp_path / ".staging").iterdir()] == ["young"]


def test_a_wrong_place_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for url in ("nothing://bucket/photos", str(tmp_path / "file"), str(tmp_path / "file" / "photos")):
        with pytest.raises(PhotoStoreError, match="RAYONNAGE_PHOTOS"):
            open_photo_store(url)

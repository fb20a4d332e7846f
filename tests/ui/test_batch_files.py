"""Files that people give to the page, and those that it gives to them."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from ui.csv_file import csv_text
from ui.photo_zip import PHOTO_MOST_BYTES, PhotoTooLarge, PhotoZip, PhotoZipError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("shop/Image_1.JPG", b"one")
        file.writestr("image_2.jpg", b"two")
        file.writestr("__MACOSX/shop/._Image_1.JPG", b"not this")
        file.writestr("huge.jpg", bytes(PHOTO_MOST_BYTES + 1))
        file.writestr("nobody.jpg", b"three")
    return path


def test_a_photo_is_found_by_its_name_in_any_folder_and_case(archive: Path) -> None:
    with PhotoZip(archive) as photos:
        assert photos.read("image_1.jpg") == b"one"
        assert photos.read("C:\\fotos\\IMAGE_2.jpg") == b"two"
        assert photos.read("absent.jpg") is None
        assert photos.unused == 2


def test_a_photo_that_would_fill_the_memory_is_not_unpacked(archive: Path) -> None:
    with PhotoZip(archive) as photos, pytest.raises(PhotoTooLarge):
        photos.read("huge.jpg")


def test_a_size_that_is_a_lie_unpacks_no_more_than_it_says(tmp_path: Path) -> None:
    path = tmp_path / "lie.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.jpg", bytes(50_000_000))
    content = path.read_bytes()
    path.write_bytes(content.replace((50_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    with PhotoZip(path) as photos:
        assert len(photos.read("a.jpg") or b"") <= 1000


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut"])
def test_a_file_that_is_no_archive_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photos.zip"
    path.write_bytes(content)
    with pytest.raises(PhotoZipError):
        PhotoZip(path)


def test_a_damaged_or_locked_photo_is_missing_and_the_others_are_there(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    at = content.index(b"two") if b"two" in content else content.index(b"image_2.jpg") + len("image_2.jpg")
    content[at] ^= 0xFF
    archive.write_bytes(content)
    with PhotoZip(archive) as photos:
        assert photos.read("image_2.jpg") is None
        assert photos.read("Image_1.JPG") == b"one"


def test_a_csv_opens_in_a_spreadsheet_without_running_anything() -> None:
    text = csv_text(["title", "price"], [["=HYPERLINK(1)", -3.5], ["é, «\n»", None], ["-5", "@x"]])
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows == [["title", "price"], ["'=HYPERLINK(1)", "-3.5"], ["é, «\n»", ""], ["-5", "'@x"]]

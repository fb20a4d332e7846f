"""An emptied shelf: nothing of what was on it is lost."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from serve_app.accounts.users import Account
from serve_app.database.tables import Photo, ProductCategory
from serve_app.products.photo import NewPhoto
from serve_app.products.reset import reset
from serve_app.products.shelf import NewProduct, Shelf, Wanted

Seller = Callable[..., Account]
Make = Callable[..., NewProduct]
TakePhoto = Callable[..., NewPhoto]


def test_the_copy_holds_everything(
    shelf: Shelf, seller: Seller, product: Make, take_photo: TakePhoto, tmp_path: Path
) -> None:
    anne = seller("Ānne")
    photo = take_photo()
    with_photo, _ = shelf.add(product(anne, "Piscine 😀\n", photo=photo))
    shelf.add(product(anne, photo=photo))
    plain, _ = shelf.add(product(anne))
    shelf.correct(anne, plain.id, 10)
    done = reset(shelf, tmp_path)
    assert done.removed == 3 and done.copied_to
    assert shelf.page(Wanted(), limit=9) == ([], None)
    assert shelf.photos.read(photo.hash) is None
    with shelf.database.read() as session:
        for table in (Photo, ProductCategory):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    folder = tmp_path / done.copied_to
    assert folder.stat().st_mode & 0o077 == 0
    lines = [json.loads(line) for line in (folder / "products.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines][::2] == [with_photo.id, plain.id]
    assert (folder / lines[0]["photo"]).read_bytes() == photo.jpeg
    assert (lines[0]["designation"], lines[0]["seller"]) == ("Piscine 😀\n", "Ānne")
    assert lines[0]["probabilities"] == {"2583": 0.75, "10": 0.25}
    assert [given["prdtypecode"] for given in lines[2]["history"]] == [2583, 10]
    assert lines[2]["photo"] is None


def test_an_empty_shelf_leaves_no_copy(shelf: Shelf, tmp_path: Path) -> None:
    done = reset(shelf, tmp_path)
    assert (done.removed, done.copied_to) == (0, None)
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_copy_that_cannot_be_written_costs_nothing(
    shelf: Shelf, seller: Seller, product: Make, take_photo: TakePhoto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anne = seller()
    photo = take_photo()
    shelf.add(product(anne, photo=photo))

    def full(*_: object) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shelf.photos, "copy", full)
    with pytest.raises(OSError, match="No space"):
        reset(shelf, tmp_path)
    assert len(shelf.page(Wanted(), limit=9)[0]) == 1
    assert shelf.photos.read(photo.hash) == photo.jpeg
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_product_that_is_added_meanwhile_is_in_a_copy_or_on_the_shelf(
    shelf: Shelf, seller: Seller, product: Make, take_photo: TakePhoto, tmp_path: Path
) -> None:
    anne = seller()
    photos = [take_photo(seed) for seed in range(3)]
    added: list[str] = []
    threads = [
        threading.Thread(
            target=lambda n=n: added.extend(
                shelf.add(product(anne, f"{n}-{i}", photo=photos[i % 3] if i % 2 else None))[0].id for i in range(15)
            )
        )
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    copies = []
    while any(thread.is_alive() for thread in threads):
        done = reset(shelf, tmp_path)
        copies += [done.copied_to] if done.copied_to else []
    for thread in threads:
        thread.join()
    saved = []
    for copy in copies:
        for line in (tmp_path / copy / "products.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            saved.append(record["id"])
            assert record["photo"] is None or (tmp_path / copy / record["photo"]).is_file()
    left = shelf.page(Wanted(), limit=100)[0]
    assert sorted(saved + [product.id for product in left]) == sorted(added)
    assert len(added) == 60
    for kept in left:
        assert kept.photo_hash is None or shelf.photos.read(kept.photo_hash)

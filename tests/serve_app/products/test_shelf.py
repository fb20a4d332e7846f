"""Products are stored whole or not at all, and photos live exactly as long as a product has them."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from serve_app.accounts.users import Account, existing_user, remove_user
from serve_app.database.column import now
from serve_app.database.tables import Base, Photo, Product, ProductCategory
from serve_app.error import ForbiddenError, NotFoundError, SignInError
from serve_app.products.photo import NewPhoto
from serve_app.products.shelf import NewProduct, Shelf, Wanted

Seller = Callable[..., Account]
Make = Callable[..., NewProduct]
TakePhoto = Callable[..., NewPhoto]


def count(shelf: Shelf, table: type[Base]) -> int:
    with shelf.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def at_once(*works: Callable[[], object]) -> list[BaseException]:
    """Run everything at the same time; what went wrong."""
    failures: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_a_product_is_found_as_it_was_added(shelf: Shelf, seller: Seller, product: Make, take_photo: TakePhoto) -> None:
    anne = seller()
    text = "'; DROP TABLE products; -- <script>alert(1)</script> 😀 e\u0301é\r\n"
    added, replayed = shelf.add(product(anne, text, photo=take_photo()))
    found = shelf.find(added.id)
    assert not replayed
    assert (found.designation, found.description, found.seller_id) == (text, "", anne.id)
    assert (found.prdtypecode, found.predicted_prdtypecode, found.kept_proposal) == (2583, 2583, True)
    assert (found.predicted_probability, found.probabilities) == (0.75, {"2583": 0.75, "10": 0.25})
    assert [(given.prdtypecode, given.given_by) for given in found.history] == [(2583, "seller")]
    assert found.created_at == found.updated_at == found.history[0].given_at == added.created_at
    assert shelf.photos.read(shelf.photo_of(added.id).hash) == take_photo().jpeg


def test_a_product_that_cannot_be_stored_leaves_nothing(
    shelf: Shelf, seller: Seller, product: Make, take_photo: TakePhoto, tmp_path: Path
) -> None:
    anne = seller()
    new = product(anne, photo=take_photo())
    shelf.database.write(lambda session: remove_user(session, existing_user(session, "anne")))
    with pytest.raises(SignInError):
        shelf.add(new)
    assert [count(shelf, table) for table in (Product, ProductCategory, Photo)] == [0, 0, 0]
    assert list((tmp_path / "photos" / ".staging").iterdir()) == []


def test_a_photo_goes_with_the_last_product_that_has_it(
    shelf: Shelf, seller: Seller, product: Make, take_photo: TakePhoto
) -> None:
    anne = seller()
    photo = take_photo()
    first, second = (shelf.add(product(anne, photo=photo))[0] for _ in range(2))
    shelf.withdraw(anne, first.id)
    assert shelf.photos.read(photo.hash) == photo.jpeg
    shelf.withdraw(anne, second.id)
    assert shelf.photos.read(photo.hash) is None
    assert [count(shelf, table) for table in (Product, ProductCategory, Photo)] == [0, 0, 0]


def test_a_photo_that_is_added_and_withdrawn_at_once_is_there_for_whoever_has_it(
    shelf: Shelf, seller: Seller, product: Make, take_photo: TakePhoto
) -> None:
    anne = seller()
    photo = take_photo()
    for _ in range(10):
        old = [shelf.add(product(anne, photo=photo))[0] for _ in range(3)]
        withdrawals = [lambda p=p: shelf.withdraw(anne, p.id) for p in old]
        additions = [lambda: shelf.add(product(anne, photo=photo))] * 3
        assert at_once(*withdrawals, *additions) == []
        kept, _ = shelf.page(Wanted(), limit=100)
        assert len(kept) == 3
        assert shelf.photos.read(photo.hash) == photo.jpeg
        assert at_once(*[lambda p=p: shelf.withdraw(anne, p.id) for p in kept]) == []
        assert shelf.photos.read(photo.hash) is None
        assert count(shelf, Photo) == 0


def test_a_kill_between_the_product_and_its_photo_costs_no_photo_of_others(
    shelf: Shelf, seller: Seller, product: Make, take_photo: TakePhoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    anne = seller()
    photo = take_photo()

    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    def killed_afterwards(photo_hash: str) -> None:
        remove(photo_hash)
        raise KilledError

    remove = shelf.photos.remove
    for point in (killed, killed_afterwards):  # before the file is gone, and before its row is
        added, _ = shelf.add(product(anne, photo=photo))
        with monkeypatch.context() as patch, pytest.raises(KilledError):
            patch.setattr(shelf.photos, "remove", point)
            shelf.withdraw(anne, added.id)
        assert (count(shelf, Product), count(shelf, Photo)) == (0, 1)
        again, _ = shelf.add(product(anne, photo=photo))
        assert shelf.photos.read(shelf.photo_of(again.id).hash) == photo.jpeg
        shelf.withdraw(anne, again.id)
        assert (shelf.photos.read(photo.hash), count(shelf, Photo)) == (None, 0)


def test_a_correction_is_noted_once(shelf: Shelf, seller: Seller, product: Make) -> None:
    anne, admin = seller(), seller("admin", role="admin")
    added, _ = shelf.add(product(anne))
    shelf.correct(anne, added.id, 10)
    shelf.correct(anne, added.id, 10)
    corrected = shelf.correct(admin, added.id, 1280)
    assert [(g.prdtypecode, g.given_by) for g in corrected.history] == [
        (2583, "seller"),
        (10, "seller"),
        (1280, "admin"),
    ]
    found = shelf.find(added.id)
    assert (found.prdtypecode, found.predicted_prdtypecode, found.kept_proposal) == (1280, 2583, True)
    assert found.updated_at == found.history[-1].given_at > found.created_at


def test_others_may_look_and_not_touch(shelf: Shelf, seller: Seller, product: Make) -> None:
    anne, bert = seller(), seller("bert")
    added, _ = shelf.add(product(anne))
    assert shelf.find(added.id).id == added.id
    with pytest.raises(ForbiddenError):
        shelf.correct(bert, added.id, 10)
    with pytest.raises(ForbiddenError):
        shelf.withdraw(bert, added.id)
    shelf.withdraw(seller("admin", role="admin"), added.id)
    for unknown in (added.id, "", "x", "0" * 32, added.id + " ", "' OR 1=1 --", "\ud800"):
        with pytest.raises(NotFoundError):
            shelf.find(unknown)


def test_pages_hold_every_product_once_newest_first(shelf: Shelf, seller: Seller, product: Make) -> None:
    anne, bert = seller(), seller("bert")
    names = [f"{number}" for number in range(7)]
    for name in names:
        shelf.add(product(bert if name == "3" else anne, name))
    seen: list[str] = []
    before = None
    while True:
        page, before = shelf.page(Wanted(before=before), limit=3)
        seen += [p.designation for p in page]
        if before is None:
            break
    assert seen == names[::-1]
    assert shelf.page(Wanted(), limit=7)[1] is None
    assert [p.designation for p in shelf.page(Wanted(seller_id=bert.id), limit=9)[0]] == ["3"]
    assert shelf.page(Wanted(prdtypecode=10), limit=9)[0] == []
    sixth = shelf.page(Wanted(), limit=2)[0][1]
    assert [p.designation for p in shelf.page(Wanted(since=sixth.created_at), limit=9)[0]] == ["6", "5"]
    assert len(shelf.page(Wanted(until=sixth.created_at), limit=9)[0]) == 5
    assert shelf.page(Wanted(since=now() + timedelta(days=1)), limit=9)[0] == []

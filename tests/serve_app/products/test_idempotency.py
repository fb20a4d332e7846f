"""A request that is sent again stores nothing twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from serve_app.accounts.users import Account
from serve_app.database.column import now
from serve_app.database.tables import IdempotencyKey
from serve_app.error import ConflictError, RequestError
from serve_app.listing_fields import ProductFields
from serve_app.products.idempotency import KeyedRequest
from serve_app.products.photo import NewPhoto
from serve_app.products.shelf import NewProduct, Shelf, Wanted

Seller = Callable[..., Account]
Make = Callable[..., NewProduct]


def keyed(account: Account, key: str = "k", **fields: object) -> KeyedRequest:
    photo = fields.pop("photo", None)
    return KeyedRequest.of(account.id, key, ProductFields(prdtypecode=10, **fields), photo)  # type: ignore[arg-type]


def test_the_same_request_gets_the_same_product(shelf: Shelf, seller: Seller, product: Make) -> None:
    anne, bert = seller(), seller("bert")
    request = keyed(anne)
    assert shelf.stored_under(request) is None
    first, replayed = shelf.add(product(anne), request=request)
    again, replayed_again = shelf.add(product(anne), request=request)
    assert (replayed, replayed_again) == (False, True)
    stored = shelf.stored_under(request)
    assert stored is not None and first.id == again.id == stored.id
    other, _ = shelf.add(product(anne), request=keyed(anne, "K"))
    berts, _ = shelf.add(product(bert), request=keyed(bert))
    assert len({first.id, other.id, berts.id}) == 3


def test_a_key_stands_for_one_request(shelf: Shelf, seller: Seller, product: Make) -> None:
    anne = seller()
    shelf.add(product(anne), request=keyed(anne))
    for fields in ({"designation": "x"}, {"description": "x"}, {"prediction_id": "x"}, {"photo": b"x"}):
        for ask in (shelf.stored_under, lambda request: shelf.add(product(anne), request=request)):
            with pytest.raises(RequestError, match="another product") as caught:
                ask(keyed(anne, **fields))
            assert (caught.value.status_code, caught.value.field) == (422, "Idempotency-Key")
    assert len(shelf.page(Wanted(), limit=9)[0]) == 1


def test_a_withdrawn_product_is_not_stored_again(shelf: Shelf, seller: Seller, product: Make) -> None:
    anne = seller()
    added, _ = shelf.add(product(anne), request=keyed(anne))
    shelf.withdraw(anne, added.id)
    with pytest.raises(ConflictError, match="withdrawn"):
        shelf.stored_under(keyed(anne))
    with pytest.raises(ConflictError, match="withdrawn"):
        shelf.add(product(anne), request=keyed(anne))


def test_retries_at_once_store_once(
    shelf: Shelf, seller: Seller, product: Make, take_photo: Callable[..., NewPhoto]
) -> None:
    anne = seller()
    photos = [take_photo(seed) for seed in range(4)]

    def add(number: int) -> str:
        key = number % 4
        return shelf.add(product(anne, photo=photos[key]), request=keyed(anne, str(key)))[0].id

    with ThreadPoolExecutor(16) as threads:
        ids = list(threads.map(add, range(80)))
    assert len(set(ids)) == 4 == len(shelf.page(Wanted(), limit=99)[0])


def test_keys_are_forgotten_after_a_day(shelf: Shelf, seller: Seller, product: Make) -> None:
    anne = seller()
    old = [shelf.add(product(anne), request=keyed(anne, key))[0].id for key in ("a", "b")]
    a_day_ago = update(IdempotencyKey).values(created_at=now() - timedelta(hours=24, seconds=1))
    shelf.database.write(lambda session: session.execute(a_day_ago))
    assert shelf.stored_under(keyed(anne, "a")) is None
    new, replayed = shelf.add(product(anne), request=keyed(anne, "a"))
    assert not replayed and new.id not in old
    with shelf.database.read() as session:
        assert session.scalar(select(func.count()).select_from(IdempotencyKey)) == 1

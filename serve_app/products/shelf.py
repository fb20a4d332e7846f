"""The shelf in the database: products are added, found, corrected and withdrawn.

A photo's row in `photos` guards its file. Whoever adds a product claims the row first and then puts the file in place;
whoever removes a photo locks the row, makes sure that no product has it, and then removes file and row. So a product
that is stored has its photo, whichever comes first and wherever the server is killed.
"""

import re
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from serve_app.accounts.users import Account
from serve_app.database.claim import claim
from serve_app.database.column import now
from serve_app.database.engine import Database
from serve_app.database.tables import Photo, Product, ProductCategory, new_id
from serve_app.error import ConflictError, ForbiddenError, NotFoundError, SignInError
from serve_app.listing_fields import ListingFields
from serve_app.prediction_id import Predicted
from serve_app.products.idempotency import HEADER, KeyedRequest, claim_key, forget_old_keys, stored_under
from serve_app.products.photo import NewPhoto
from serve_app.products.photo_store import PhotoStore, Publish

ID = re.compile("[0-9a-f]{32}")
REMOVED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NewProduct:
    """What is stored of a product."""

    seller_id: str
    listing: ListingFields
    photo: NewPhoto | None
    prdtypecode: int
    predicted: Predicted


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which products are asked for; None stands for any.

    Attributes:
        before: the `number` that a page starts below.
    """

    prdtypecode: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    seller_id: str | None = None
    before: int | None = None


class Shelf:
    """All products; methods block, and belong in a thread."""

    def __init__(self, database: Database, photos: PhotoStore) -> None:
        self.database = database
        self.photos = photos

    def add(self, new: NewProduct, *, request: KeyedRequest | None = None) -> tuple[Product, bool]:
        """Store a product, whole or not at all.

        Args:
            request: what came with an `Idempotency-Key`.
        Returns:
            The product, and whether the same request had stored it before.
        Raises:
            RequestError: the key came with another request.
            ConflictError: the product was withdrawn since.
            SignInError: the seller has left meanwhile.
        """
        if request is not None:
            forget_old_keys(self.database)
        with self.photos.staged(new.photo) if new.photo else nullcontext() as publish:
            try:
                return self.database.write(lambda session: _add(session, new, publish, request))
            except IntegrityError:
                raise SignInError("the account is gone") from None

    def stored_under(self, request: KeyedRequest) -> Product | None:
        """The product that the same request stored before.

        Raises:
            RequestError, ConflictError: as `add`.
        """
        with self.database.read() as session:
            product_id = stored_under(session, request)
            return _stored_before(session, product_id) if product_id else None

    def find(self, product_id: str) -> Product:
        """Raises:
        NotFoundError
        """
        with self.database.read() as session:
            return _find(session, product_id)

    def photo_of(self, product_id: str) -> Photo:
        """What is known of a product's photo.

        Raises:
            NotFoundError: no such product, or it has no photo.
        """
        with self.database.read() as session:
            photo_hash = _find(session, product_id).photo_hash
            photo = session.get(Photo, photo_hash) if photo_hash else None
        if photo is None:
            raise NotFoundError("this product has no photo")
        return photo

    def page(self, wanted: Wanted, *, limit: int) -> tuple[list[Product], int | None]:
        """The newest products that are wanted, and the `before` of the next page where there is one."""
        query = _where(select(Product), wanted).order_by(Product.number.desc()).limit(limit + 1)
        with self.database.read() as session:
            found = list(session.scalars(query.options(selectinload(Product.history))))
        products = found[:limit]
        return products, products[-1].number if len(found) > limit else None

    def correct(self, account: Account, product_id: str, prdtypecode: int) -> Product:
        """Put a product on another shelf; the one it stands on already changes nothing.

        Raises:
            NotFoundError
            ForbiddenError: it is another's, and who asks is no admin.
        """

        def work(session: Session) -> Product:
            product = _own(session, account, product_id)
            if product.prdtypecode != prdtypecode:
                product.prdtypecode = prdtypecode
                product.updated_at = now()
                given_by = "seller" if product.seller_id == account.id else "admin"
                product.history.append(
                    ProductCategory(prdtypecode=prdtypecode, given_by=given_by, given_at=product.updated_at)
                )
            return product

        return self.database.write(work)

    def withdraw(self, account: Account, product_id: str) -> None:
        """Remove a product, and its photo when no other product has it.

        Raises:
            NotFoundError
            ForbiddenError: it is another's, and who asks is no admin.
        """

        def work(session: Session) -> str | None:
            product = _own(session, account, product_id)
            session.delete(product)
            return product.photo_hash

        photo_hash = self.database.write(work)
        if photo_hash:
            self.remove_unused([photo_hash])

    def remove_unused(self, photo_hashes: Sequence[str]) -> None:
        """Remove those of the photos that no product has."""
        for start in range(0, len(photo_hashes), REMOVED_AT_ONCE):
            some = photo_hashes[start : start + REMOVED_AT_ONCE]
            self.database.write(partial(self._remove_unused, photo_hashes=some))

    def _remove_unused(self, session: Session, photo_hashes: Sequence[str]) -> None:
        # A transaction of its own, after the one that removed the products: killed between file and row, it leaves a
        # row without file, which the next product with this photo mends, and never a product without photo.
        rows = select(Photo).where(Photo.hash.in_(photo_hashes)).order_by(Photo.hash).with_for_update()
        locked = list(session.scalars(rows))
        used = set(session.scalars(select(Product.photo_hash).where(Product.photo_hash.in_(photo_hashes))))
        for photo in locked:
            if photo.hash not in used:
                self.photos.remove(photo.hash)
                session.delete(photo)


def _add(
    session: Session, new: NewProduct, publish: Publish | None, request: KeyedRequest | None
) -> tuple[Product, bool]:
    product_id, moment = new_id(), now()
    if request is not None:
        earlier = claim_key(session, request, product_id)
        if earlier is not None:
            return _stored_before(session, earlier), True
    if new.photo is not None and publish is not None:
        sizes = {"size_bytes": len(new.photo.jpeg), "width": new.photo.width, "height": new.photo.height}
        claim(session, Photo, hash=new.photo.hash, **sizes)
        publish()
    product = Product(
        id=product_id,
        seller_id=new.seller_id,
        designation=new.listing.designation or "",
        description=new.listing.description or "",
        photo_hash=new.photo.hash if new.photo else None,
        prdtypecode=new.prdtypecode,
        predicted_prdtypecode=new.predicted.prdtypecode,
        predicted_probability=new.predicted.probability,
        probabilities={str(code): probability for code, probability in new.predicted.probabilities.items()},
        version=new.predicted.version,
        kept_proposal=new.prdtypecode == new.predicted.prdtypecode,
        created_at=moment,
        updated_at=moment,
        history=[ProductCategory(prdtypecode=new.prdtypecode, given_by="seller", given_at=moment)],
    )
    session.add(product)
    session.flush()
    return product, False


def _where(query: Select[tuple[Product]], wanted: Wanted) -> Select[tuple[Product]]:
    if wanted.prdtypecode is not None:
        query = query.where(Product.prdtypecode == wanted.prdtypecode)
    if wanted.since is not None:
        query = query.where(Product.created_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Product.created_at < wanted.until)
    if wanted.seller_id is not None:
        query = query.where(Product.seller_id == wanted.seller_id)
    if wanted.before is not None:
        query = query.where(Product.number < wanted.before)
    return query


def _find(session: Session, product_id: str, *, lock: bool = False) -> Product:
    product = None
    if ID.fullmatch(product_id):
        query = select(Product).where(Product.id == product_id).options(selectinload(Product.history))
        product = session.scalar(query.with_for_update() if lock else query)
    if product is None:
        raise NotFoundError("there is no such product")
    return product


def _own(session: Session, account: Account, product_id: str) -> Product:
    product = _find(session, product_id, lock=True)
    if product.seller_id != account.id and not account.is_admin:
        raise ForbiddenError("this product is another seller's: only he or an admin may change it")
    return product


def _stored_before(session: Session, product_id: str) -> Product:
    try:
        return _find(session, product_id)
    except NotFoundError:
        raise ConflictError("stored a product that was withdrawn since", field=HEADER) from None

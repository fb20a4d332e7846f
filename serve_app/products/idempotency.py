"""Requests with an `Idempotency-Key`: whoever sends one again, because an answer got lost, stores nothing twice."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve_app.database.claim import claim
from serve_app.database.column import now
from serve_app.database.engine import Database
from serve_app.database.tables import IdempotencyKey
from serve_app.error import RequestError
from serve_app.listing_fields import ProductFields

LIFE = timedelta(hours=24)
HEADER = "Idempotency-Key"
FORGET_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request that came with a key.

    Attributes:
        fingerprint: SHA-256 of what was asked, in hex.
    """

    user_id: str
    key: str
    fingerprint: str

    @classmethod
    def of(cls, user_id: str, key: str, fields: ProductFields, photo: bytes | None) -> "KeyedRequest":
        digest = hashlib.sha256()
        asked = (fields.designation, fields.description, str(fields.prdtypecode), fields.prediction_id)
        for part in (*(text.encode() if text is not None else None for text in asked), photo):
            digest.update(b"-" if part is None else b"%d:" % len(part))
            digest.update(part or b"")
        return cls(user_id, key, digest.hexdigest())


def stored_under(session: Session, request: KeyedRequest) -> str | None:
    """Id of the product that the same request stored before, or None.

    Raises:
        RequestError: the key came with another request.
    """
    row = session.get(IdempotencyKey, (request.user_id, request.key))
    if row is None or row.created_at < now() - LIFE:
        return None
    if row.fingerprint != request.fingerprint:
        raise RequestError(HEADER, "came with another product before: use a new one for each product")
    return row.product_id


def claim_key(session: Session, request: KeyedRequest, product_id: str) -> str | None:
    """Note which product a request stores; one with the same key waits until the transaction ends.

    Returns:
        Id of the product that the same request stored meanwhile, or None where this one goes on.
    Raises:
        RequestError: the key came with another request.
    """
    values = {"fingerprint": request.fingerprint, "product_id": product_id}
    claim(session, IdempotencyKey, user_id=request.user_id, key=request.key, **values)
    earlier = stored_under(session, request)
    if earlier is not None:
        return earlier if earlier != product_id else None
    row = session.get_one(IdempotencyKey, (request.user_id, request.key))
    row.fingerprint, row.product_id, row.created_at = request.fingerprint, product_id, now()
    return None


def forget_old_keys(database: Database) -> None:
    """Remove keys older than a day, a hundred at a time."""
    old = select(IdempotencyKey).where(IdempotencyKey.created_at < now() - LIFE).limit(FORGET_AT_ONCE)
    with database.read() as session:
        keys = sorted((row.user_id, row.key) for row in session.scalars(old))
    if not keys:
        return

    def work(session: Session) -> None:
        for key in keys:
            row = session.get(IdempotencyKey, key, with_for_update=True)
            if row is not None and row.created_at < now() - LIFE:
                session.delete(row)

    database.write(work)

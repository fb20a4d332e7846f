"""API keys: made, listed and revoked by the user they speak for."""

import secrets

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve_app.accounts.sign_in import key_hash
from serve_app.accounts.users import user_of
from serve_app.database.tables import ApiKey
from serve_app.error import ConflictError, NotFoundError, RequestError
from serve_app.listing_fields import CONTROL_CHARACTER

PREFIX = "ry_"
HINT_CHARS = 7
MOST_KEYS = 50


def add_key(session: Session, user_id: str, name: str) -> tuple[ApiKey, str]:
    """A new key of a user, and the text of it, which is kept nowhere.

    Raises:
        RequestError: the name is no text.
        SignInError: the user has left since.
        ConflictError: the user has too many.
    """
    if CONTROL_CHARACTER.search(name):
        raise RequestError("name", "has a control character: text only, please")
    user_of(session, user_id)  # held, so that keys made at once are counted one after the other
    if (session.scalar(select(func.count()).where(ApiKey.user_id == user_id)) or 0) >= MOST_KEYS:
        raise ConflictError(f"there are {MOST_KEYS} keys already: revoke one first")
    key = PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(user_id=user_id, name=name, hash=key_hash(key), hint=f"{key[:HINT_CHARS]}…")
    session.add(row)
    session.flush()
    return row, key


def keys_of(session: Session, user_id: str) -> list[ApiKey]:
    """Newest first."""
    return list(
        session.scalars(select(ApiKey).where(ApiKey.user_id == user_id).order_by(ApiKey.created_at.desc(), ApiKey.id))
    )


def revoke_key(session: Session, user_id: str, key_id: str) -> None:
    """Raises:
    NotFoundError: the user has no such key.
    """
    row = session.get(ApiKey, key_id)
    if row is None or row.user_id != user_id:
        raise NotFoundError("you have no such key")
    session.delete(row)

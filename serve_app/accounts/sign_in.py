"""From a password, a token or a key to the account behind it."""

import hashlib
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve_app.accounts.lockout import Lockout
from serve_app.accounts.password import hash_password, verify_password
from serve_app.accounts.token import Claims, TokenSigner
from serve_app.accounts.users import Account, account_of, change_password, check_password, find_user, user_of
from serve_app.database.column import now
from serve_app.database.engine import Database
from serve_app.database.tables import ApiKey, User
from serve_app.error import ForbiddenError, SignInError

USE_NOTED_EVERY = timedelta(minutes=1)


def claims_of_password(database: Database, lockout: Lockout, username: str, password: str, *, address: str) -> Claims:
    """Whom a name and a password stand for.

    Raises:
        SignInError: the same words and the same time whether the name or the password is wrong.
        TooManyError: too many wrong ones before.
    """
    lockout.check(username, address)
    with database.read() as session:
        user = find_user(session, username)
    if not verify_password(password, user.password_hash if user else None) or user is None:
        lockout.note_failure(username, address)
        raise SignInError("username or password is wrong")
    lockout.note_success(username, address)
    return Claims(user.id, user.generation)


def claims_of_new_password(
    database: Database, lockout: Lockout, account: Account, current: str, new: str, *, address: str
) -> Claims:
    """Give somebody signed in another password.

    Raises:
        RequestError: the new password cannot be one.
        ForbiddenError: the current one is wrong.
        TooManyError: too many wrong ones before.
    """
    check_password(new, account.username, field="new_password")
    try:
        claims_of_password(database, lockout, account.username, current, address=address)
    except SignInError:
        raise ForbiddenError("is wrong", field="current_password") from None
    password_hash = hash_password(new)

    def change(session: Session) -> Claims:
        user = user_of(session, account.id)
        change_password(user, password_hash)
        return Claims(user.id, user.generation)

    return database.write(change)


def claims_of_refresh(database: Database, signer: TokenSigner, token: str) -> Claims:
    """Raises:
    SignInError: no refresh token, expired, or its user has left or changed the password.
    """
    claims = signer.read(token, "refresh")
    with database.read() as session:
        current_user(session.get(User, claims.user_id), claims)
    return claims


def account_of_token(database: Database, signer: TokenSigner, token: str) -> Account:
    """Raises:
    SignInError: the token is not valid, or its user has left or changed the password.
    """
    claims = signer.read(token, "access")
    with database.read() as session:
        return account_of(current_user(session.get(User, claims.user_id), claims))


def current_user(user: User | None, claims: Claims) -> User:
    """The user of a token, if the token still counts.

    Raises:
        SignInError
    """
    if user is None or user.generation != claims.generation:
        raise SignInError("the token counts no more: sign in again at POST /token")
    return user


def account_of_key(database: Database, key: str) -> Account:
    """Raises:
    SignInError: the key is unknown or revoked.
    """
    with database.read() as session:
        found = session.execute(
            select(ApiKey, User).join(User, ApiKey.user_id == User.id).where(ApiKey.hash == key_hash(key))
        ).first()
    if found is None:
        raise SignInError("the API key is unknown or revoked")
    api_key, user = found
    if api_key.last_used_at is None or now() - api_key.last_used_at > USE_NOTED_EVERY:
        database.write(lambda session: _note_use(session.get(ApiKey, api_key.id)))
    return account_of(user, by_key=True)


def key_hash(key: str) -> str:
    """A key has 256 random bits, so a fast hash is as safe as a slow one."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _note_use(api_key: ApiKey | None) -> None:
    if api_key is not None:
        api_key.last_used_at = now()

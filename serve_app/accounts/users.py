"""Accounts: names, roles, and what can be done with them."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serve_app.accounts.password import LEAST_CHARS, MOST_CHARS, hash_password
from serve_app.database.engine import Database
from serve_app.database.tables import User
from serve_app.error import ConflictError, NotFoundError, RequestError, SignInError

Role = Literal["user", "admin"]
NAME = re.compile(r"[\w.@+-]{3,64}")
IS_ADMIN = User.role == "admin"


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks.

    Attributes:
        by_key: signed in with an API key, which gives no way to change the account itself.
    """

    id: str
    username: str
    role: Role
    by_key: bool = False

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


def account_of(user: User, *, by_key: bool = False) -> Account:
    return Account(user.id, user.username, "admin" if user.role == "admin" else "user", by_key)


def clean_username(text: str) -> str:
    """A name as it is shown: without the spaces that a phone's keyboard adds, accents in one form.

    Raises:
        RequestError: too short or long, or with characters that names don't have.
    """
    name = unicodedata.normalize("NFC", text.strip())
    if not NAME.fullmatch(name):
        raise RequestError("username", "has 3 to 64 letters, digits or . @ + - _")
    return name


def username_key(text: str) -> str:
    """What names are compared by: two that differ in case or form alone are one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())[:190]


def check_password(password: str, username: str, *, field: str = "password") -> None:
    """Raises:
    RequestError: too short, too long, or the name itself.
    """
    if not LEAST_CHARS <= len(password) <= MOST_CHARS:
        raise RequestError(field, f"has {len(password)} characters; {LEAST_CHARS} to {MOST_CHARS} are accepted")
    if username_key(password) == username_key(username):
        raise RequestError(field, "is the username: choose another")


def find_user(session: Session, username: str) -> User | None:
    return session.scalar(select(User).where(User.username_key == username_key(username)))


def add_user(session: Session, username: str, password_hash: str, *, role: Role = "user") -> User:
    """Add an account.

    Args:
        username: of `clean_username`.
    Raises:
        ConflictError: the name is taken.
    """
    user = User(username=username, username_key=username_key(username), password_hash=password_hash, role=role)
    session.add(user)
    try:
        session.flush()
    except IntegrityError:
        raise ConflictError("is taken: choose another", field="username") from None
    return user


def register(database: Database, username: str, password: str, *, role: Role = "user") -> User:
    """Add an account with a password, after checking both.

    Raises:
        RequestError, ConflictError
    """
    name = clean_username(username)
    check_password(password, name)
    password_hash = hash_password(password)
    return database.write(lambda session: add_user(session, name, password_hash, role=role))


def set_password(database: Database, username: str, password: str) -> None:
    """Give a user another password, after checking it.

    Raises:
        RequestError, NotFoundError
    """
    check_password(password, username)
    password_hash = hash_password(password)
    database.write(lambda session: change_password(existing_user(session, username), password_hash))


def all_users(session: Session) -> list[User]:
    """By name."""
    return list(session.scalars(select(User).order_by(User.username_key)))


def user_of(session: Session, user_id: str) -> User:
    """The row of somebody signed in; whoever writes holds it to the transaction's end.

    Raises:
        SignInError: gone since.
    """
    user = session.get(User, user_id, with_for_update=True)
    if user is None:
        raise SignInError("the account is gone")
    return user


def leave(session: Session, account: Account) -> None:
    """Remove the account of somebody signed in.

    Raises:
        ConflictError: the last admin.
    """
    remove_user(session, user_of(session, account.id))


def change_password(user: User, password_hash: str) -> None:
    """Give a user another password; every token of before is void."""
    user.password_hash = password_hash
    user.generation += 1


def remove_user(session: Session, user: User) -> None:
    """Remove an account; its products stay on their shelves, without a seller.

    Raises:
        ConflictError: it is the last admin.
    """
    _keep_an_admin(session, user)
    session.delete(user)


def change_role(session: Session, user: User, role: Role) -> None:
    """Raises:
    ConflictError: it is the last admin.
    """
    if role != "admin":
        _keep_an_admin(session, user)
    user.role = role


def admins(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(User).where(IS_ADMIN)) or 0


def existing_user(session: Session, username: str) -> User:
    """Raises:
    NotFoundError: nobody has that name.
    """
    user = find_user(session, username)
    if user is None:
        raise NotFoundError(f"there is no user {username!r}")
    return user


def _keep_an_admin(session: Session, user: User) -> None:
    # Locked, so that two admins who leave at once don't each count on the other.
    if user.role == "admin" and len(session.scalars(select(User.id).where(IS_ADMIN).with_for_update()).all()) == 1:
        raise ConflictError("the last admin cannot go: make another one first")

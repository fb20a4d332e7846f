"""The account by which a new server is first entered."""

import secrets

from sqlalchemy.orm import Session

from serve_app.accounts.password import hash_password
from serve_app.accounts.users import add_user, admins, find_user
from serve_app.database.engine import Database
from serve_app.error import ConflictError

NAME = "admin"


def make_first_admin(database: Database) -> tuple[str, str] | None:
    """Make an admin where there is none.

    Returns:
        Name and password, to be shown once: the password is kept nowhere. None where there is an admin already.
    """
    with database.read() as session:
        if admins(session):
            return None
    password = secrets.token_urlsafe(15)
    password_hash = hash_password(password)

    def make(session: Session) -> str | None:
        name, number = NAME, 1
        while find_user(session, name):
            number += 1
            name = f"{NAME}-{number}"
        # Counted after the name was chosen: another server that was quicker is seen here, or has taken the name.
        return None if admins(session) else add_user(session, name, password_hash, role="admin").username

    try:
        name = database.write(make)
    except ConflictError:
        return None
    return (name, password) if name else None

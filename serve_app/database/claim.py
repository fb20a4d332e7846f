"""Claims a row by its key: whoever claims it too waits until the transaction ends."""

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Session

from serve_app.database.tables import Base


def claim(session: Session, table: type[Base], **values: Any) -> None:
    """Insert a row, or lock the one that has its primary key already and leave it as it is.

    Args:
        values: of the new row, by column; defaults apply to the others.
    """
    if session.get_bind().dialect.name == "sqlite":
        # A transaction that writes has the whole database for itself.
        session.execute(sqlite.insert(table).values(**values).on_conflict_do_nothing())
    else:
        key = {column.name: values[column.name] for column in inspect(table).primary_key}
        session.execute(mysql.insert(table).values(**values).on_duplicate_key_update(key))

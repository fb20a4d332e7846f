"""Column types that mean the same on SQLite, MySQL and MariaDB."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

LongText = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
"""20,000 characters of 4 bytes are more than MySQL's TEXT holds."""

Number = BigInteger().with_variant(Integer(), "sqlite")
"""A primary key that counts up: SQLite does that for INTEGER only."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, to the microsecond; goes in and comes out with UTC as its time zone."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without time zone")
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value.replace(tzinfo=UTC) if value is not None else None


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)

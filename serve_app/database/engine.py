"""Opens the database behind a URL, and runs work in transactions on it."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from serve_app.database.migrate import migrate
from serve_app.error import DatabaseError

Result = TypeVar("Result")

CONNECTIONS = 40
"""As many as there are threads for requests, so that none waits for a connection."""

BUSY_S = 30
TRIES = 4
MYSQL_SESSION = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'"
DEADLOCK, LOCK_TIMEOUT = 1213, 1205


class Database:
    """The database, migrated and ready; one per process.

    Args:
        url: `sqlite:///path`, `mysql+pymysql://…` or `mariadb+pymysql://…`.
    Raises:
        DatabaseError: another kind of URL, a missing driver, nobody answers, or the tables cannot be made.
    """

    def __init__(self, url: str) -> None:
        self.url = _parse(url)
        try:
            self.engine = _sqlite(self.url) if self.is_sqlite else _mysql(self.url)
            migrate(self.engine)
        except (DBAPIError, OSError, ModuleNotFoundError) as error:
            reason = str(getattr(error, "orig", error))
            raise DatabaseError(self.shown_url, reason) from error
        # SQLite's own lock makes writers poll; within one process they queue.
        self._one_writer = threading.Lock() if self.is_sqlite else nullcontext()
        self._writing = self.engine.execution_options(rayonnage_writes=True)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def shown_url(self) -> str:
        """The URL without its password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session to read with; what it loaded can be used afterwards."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def write(self, work: Callable[[Session], Result]) -> Result:
        """Run work in one transaction: all of it is stored, or nothing.

        It may run again from its start, when another transaction was in its way; so it changes nothing but the
        session.
        """
        for last in (*[False] * (TRIES - 1), True):
            try:
                with self._one_writer, Session(self._writing, expire_on_commit=False) as session, session.begin():
                    return work(session)
            except OperationalError as error:
                if last or not _in_the_way(error):
                    raise
                time.sleep(0.05)
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        self.engine.dispose()


def _parse(text: str) -> URL:
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise DatabaseError("(its URL)", "is no URL like sqlite:///file or mysql+pymysql://user@host/name") from None
    if backend == "sqlite":
        return url
    if backend not in ("mysql", "mariadb"):
        raise DatabaseError(url.render_as_string(hide_password=True), "only SQLite, MySQL and MariaDB are known")
    if not url.database:
        raise DatabaseError(url.render_as_string(hide_password=True), "names no database: add /name")
    return url.set(drivername=f"{backend}+pymysql").update_query_dict({"charset": "utf8mb4"})


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise DatabaseError(url.render_as_string(), "is gone with the process: name a file")
    file = Path(url.database)
    file.parent.mkdir(parents=True, exist_ok=True)
    # Password hashes are in it: made for its owner's eyes, before SQLite would make it for everyone's.
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=CONNECTIONS,
        max_overflow=0,
        connect_args={"timeout": BUSY_S, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, below
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        # A transaction that reads first and writes later fails at once when another wrote meanwhile.
        writes = connection.get_execution_options().get("rayonnage_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _mysql(url: URL) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_size=10,
        max_overflow=CONNECTIONS - 10,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={"connect_timeout": 10, "read_timeout": 60, "init_command": MYSQL_SESSION},
    )


def _in_the_way(error: OperationalError) -> bool:
    code = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return code in (DEADLOCK, LOCK_TIMEOUT) or "database is locked" in str(error.orig)

"""Brings a database to the newest migration, one process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = "rayonnage-migrations"
LOCK_S = 120


def migrate(engine: Engine) -> None:
    """Run the migrations that a database lacks; whoever comes meanwhile waits and then finds nothing left to do.

    Raises:
        TimeoutError: another process holds the lock for longer than two minutes.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with _locked(engine), engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


@contextmanager
def _locked(engine: Engine) -> Iterator[None]:
    if engine.dialect.name == "sqlite":
        with Path(f"{engine.url.database}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with engine.connect() as connection:
        if not _ask(connection, "SELECT GET_LOCK(:name, :seconds)", seconds=LOCK_S):
            raise TimeoutError(f"another server has been migrating the database for {LOCK_S} s")
        try:
            yield
        finally:
            _ask(connection, "SELECT RELEASE_LOCK(:name)")


def _ask(connection: Connection, sql: str, **values: int) -> int | None:
    return connection.execute(text(sql), {"name": LOCK, **values}).scalar()

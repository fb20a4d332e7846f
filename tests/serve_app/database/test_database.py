"""The database: migrated once however many come, and the same on SQLite and MariaDB."""

import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select

from serve_app.database.engine import Database
from serve_app.database.tables import Base, User
from serve_app.error import DatabaseError


def add(database: Database, name: str) -> None:
    user = {"username": name, "username_key": name, "password_hash": "x", "role": "user"}
    database.write(lambda session: session.add(User(**user)))


def names(database: Database) -> list[str]:
    with database.read() as session:
        return sorted(session.scalars(select(User.username)))


def test_the_migrations_make_the_tables_that_the_code_speaks_of(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_many_that_start_at_once_migrate_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'new' / 'rayonnage.db'}"
    else:
        url = request.getfixturevalue("new_mariadb_url")()
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(Database(url))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 6
    add(opened[0], "anne")
    assert [names(database) for database in opened] == [["anne"]] * 6
    for database in opened:
        database.close()


def test_text_comes_back_as_it_was(database: Database) -> None:
    odd = ["é", "e\u0301", "E", "e", "😀 日本", "'; DROP TABLE users; --", "<b>"]
    for name in odd:
        add(database, name)
    assert names(database) == sorted(odd)


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    def work(session) -> None:  # type: ignore[no-untyped-def]
        session.add(User(username="anne", username_key="anne", password_hash="x", role="user"))
        session.flush()
        raise KeyError

    with pytest.raises(KeyError):
        database.write(work)
    assert names(database) == []


def test_many_writers_lose_nothing(database: Database) -> None:
    threads = [threading.Thread(target=lambda n=n: [add(database, f"{n}-{i}") for i in range(10)]) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(database)) == 120


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path / 'rayonnage.db'}").close()
    assert stat.S_IMODE((tmp_path / "rayonnage.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nothing", "no URL"),
        ("postgresql://root:hunter2@127.0.0.1/test", "only SQLite, MySQL and MariaDB"),
        ("sqlite://", "name a file"),
        ("mysql+pymysql://root:hunter2@127.0.0.1:1/test", "refused"),
        ("mysql+pymysql://root:hunter2@127.0.0.1", "names no database"),
    ],
)
def test_a_wrong_url_is_one_line_without_the_password(url: str, says: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        Database(url)
    assert says in str(caught.value)
    assert "RAYONNAGE_DATABASE" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_database_that_is_not_one_is_refused(tmp_path: Path, new_mariadb_url: Callable[[], str]) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database" * 500)
    with pytest.raises(DatabaseError, match="not a database"):
        Database(f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(DatabaseError, match="Unknown database"):
        Database(f"{new_mariadb_url()}_not")

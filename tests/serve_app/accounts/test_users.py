"""Accounts in the database, on SQLite and on MariaDB."""

import threading

import pytest

from serve_app.accounts.first_admin import make_first_admin
from serve_app.accounts.password import hash_password, verify_password
from serve_app.accounts.users import change_role, existing_user, find_user, register, remove_user, set_password
from serve_app.database.engine import Database
from serve_app.error import ConflictError, NotFoundError, RequestError

PASSWORD = "une phrase assez longue"


@pytest.mark.parametrize("again", ["Élise", "élise", "E\u0301lise", "ÉLISE", " Élise "])
def test_names_that_look_alike_are_one(database: Database, again: str) -> None:
    assert register(database, "Élise", PASSWORD).username == "Élise"
    with pytest.raises(ConflictError, match="username: is taken"):
        register(database, again, PASSWORD)
    with database.read() as session:
        found = find_user(session, again)
    assert found is not None and found.username == "Élise"


def test_two_that_register_one_name_at_once_are_one_user(database: Database) -> None:
    outcomes: list[str] = []

    def try_it() -> None:
        try:
            outcomes.append(register(database, "anne", PASSWORD).id)
        except ConflictError:
            outcomes.append("taken")

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("taken") == 7


@pytest.mark.parametrize("name", ["", "ab", "a" * 65, "a b c", "a/b", "<b>x</b>", "a\x00bc", "' OR 1=1", "😀😀😀"])
def test_a_name_that_cannot_be_one_is_refused(database: Database, name: str) -> None:
    with pytest.raises(RequestError, match="username"):
        register(database, name, PASSWORD)


@pytest.mark.parametrize(
    ("password", "reason"), [("short", "5 characters"), ("x" * 257, "257"), ("ANNE-MARIE", "is the")]
)
def test_a_password_that_is_none_is_refused(database: Database, password: str, reason: str) -> None:
    with pytest.raises(RequestError, match=reason):
        register(database, "anne-marie", password)


def test_a_password_is_the_same_however_its_accents_are_typed() -> None:
    stored = hash_password("un été très long")
    assert verify_password("un e\u0301te\u0301 tre\u0300s long", stored)
    assert not verify_password("un ete tres long", stored)
    assert not verify_password("un été très long", None)
    assert "été" not in stored and stored.startswith("$argon2id$")


def test_the_last_admin_stays(database: Database) -> None:
    admin = register(database, "chef", PASSWORD, role="admin")
    with pytest.raises(ConflictError, match="last admin"):
        database.write(lambda session: remove_user(session, existing_user(session, "chef")))
    with pytest.raises(ConflictError, match="last admin"):
        database.write(lambda session: change_role(session, existing_user(session, "chef"), "user"))
    register(database, "other", PASSWORD, role="admin")
    database.write(lambda session: remove_user(session, existing_user(session, "chef")))
    with database.read() as session:
        assert find_user(session, admin.username) is None


def test_a_new_password_starts_a_new_generation_of_tokens(database: Database) -> None:
    before = register(database, "anne", PASSWORD)
    set_password(database, "anne", "une autre phrase")
    with database.read() as session:
        after = existing_user(session, "anne")
    assert after.generation == before.generation + 1
    assert verify_password("une autre phrase", after.password_hash)
    with pytest.raises(NotFoundError):
        set_password(database, "nobody", PASSWORD)


def test_one_first_admin_is_made_however_many_servers_start(database: Database) -> None:
    register(database, "admin", PASSWORD)  # somebody has the name already
    made: list[tuple[str, str] | None] = []
    threads = [threading.Thread(target=lambda: made.append(make_first_admin(database))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (only,) = [one for one in made if one is not None]
    assert only[0].startswith("admin-")
    with database.read() as session:
        user = existing_user(session, only[0])
    assert user.role == "admin" and verify_password(only[1], user.password_hash)
    assert make_first_admin(database) is None

"""Accounts when several requests change them at once, on SQLite and on MariaDB."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from serve_app.accounts.api_keys import MOST_KEYS, add_key, keys_of
from serve_app.accounts.users import Account, Role, account_of, add_user, admins, leave
from serve_app.database.engine import Database
from serve_app.database.tables import ApiKey
from serve_app.error import RequestError


def add_account(database: Database, username: str, *, role: Role = "user") -> Account:
    return account_of(database.write(lambda session: add_user(session, username, "-", role=role)))


def at_once(work: Callable[[int], object], times: int) -> list[str]:
    """Run work in threads that start together; how each ended: `done`, or the name of its refusal."""
    barrier = Barrier(times)

    def one(number: int) -> str:
        barrier.wait()
        try:
            work(number)
        except RequestError as refusal:
            return type(refusal).__name__
        return "done"

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


def test_when_all_admins_leave_at_once_one_stays(database: Database) -> None:
    accounts = [add_account(database, f"boss{number}", role="admin") for number in range(4)]
    ends = at_once(lambda number: database.write(lambda session: leave(session, accounts[number])), 4)
    assert sorted(ends) == ["ConflictError", "done", "done", "done"]
    with database.read() as session:
        assert admins(session) == 1


def test_a_user_has_no_more_keys_than_the_most(database: Database) -> None:
    anne = add_account(database, "anne")
    for number in range(MOST_KEYS - 2):
        database.write(lambda session, number=number: add_key(session, anne.id, str(number)))
    ends = at_once(lambda number: database.write(lambda session: add_key(session, anne.id, str(number))), 6)
    assert sorted(ends) == ["ConflictError"] * 4 + ["done"] * 2
    with database.read() as session:
        assert len(keys_of(session, anne.id)) == MOST_KEYS


def test_who_leaves_while_making_keys_leaves_none_behind(database: Database) -> None:
    for attempt in range(8):
        anne = add_account(database, f"anne{attempt}")

        def leave_or_make(number: int, *, anne: Account = anne) -> None:
            if number == 0:
                database.write(lambda session: leave(session, anne))
            else:
                database.write(lambda session: add_key(session, anne.id, str(number)))

        assert set(at_once(leave_or_make, 5)) <= {"done", "SignInError"}
    with database.read() as session:
        assert not session.scalar(select(func.count()).select_from(ApiKey))

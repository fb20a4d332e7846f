"""Counts wrong passwords, and makes those who guess wait.

Counted is in the database, so that all replicas share it, and by hashes: no name and no address stands there.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from serve_app.accounts.users import username_key
from serve_app.database.claim import claim
from serve_app.database.column import now
from serve_app.database.engine import Database
from serve_app.database.tables import SignInFailures
from serve_app.error import TooManyError

MANY = 10
"""A name from all addresses, and an address with all names, may be wrong that much more often."""


@dataclass(frozen=True, slots=True)
class Lockout:
    """After `failures` wrong passwords within `window_s`, a name waits for the rest of the window.

    A name is counted by address, so that nobody locks somebody else out in passing; ten times as many count from
    wherever they come.
    """

    database: Database
    failures: int
    window_s: float

    def check(self, username: str, address: str) -> None:
        """Raises:
        TooManyError: too many wrong passwords; whether the name exists makes no difference.
        """
        limits = self._limits(username, address)
        started = now() - timedelta(seconds=self.window_s)
        with self.database.read() as session:
            rows = session.scalars(
                select(SignInFailures).where(SignInFailures.key.in_(limits), SignInFailures.since > started)
            )
            over = [row.since for row in rows if row.failures >= limits[row.key]]
        if over:
            left_s = (max(over) - started).total_seconds()
            raise TooManyError("too many wrong passwords: wait before the next try", retry_after_s=max(1.0, left_s))

    def note_failure(self, username: str, address: str) -> None:
        keys = sorted(self._limits(username, address))  # in one order, so that two at once don't wait for each other

        def count(session: Session) -> None:
            moment = now()
            started = moment - timedelta(seconds=self.window_s)
            session.execute(delete(SignInFailures).where(SignInFailures.since <= started))
            for key in keys:
                claim(session, SignInFailures, key=key, failures=0, since=moment)
                session.get_one(SignInFailures, key).failures += 1

        self.database.write(count)

    def note_success(self, username: str, address: str) -> None:
        """A right password forgives the wrong ones before it."""
        key = _key(username_key(username), address)

        def forget(session: Session) -> None:
            session.execute(delete(SignInFailures).where(SignInFailures.key == key))

        with self.database.read() as session:
            known = session.get(SignInFailures, key)
        if known is not None:
            self.database.write(forget)

    def _limits(self, username: str, address: str) -> dict[str, int]:
        name = username_key(username)
        return {
            _key(name, address): self.failures,
            _key(name, "*"): self.failures * MANY,
            _key("*", address): self.failures * MANY,
        }


def _key(name: str, address: str) -> str:
    return hashlib.sha256(f"{len(name)}:{name}:{address}".encode("utf-8", "surrogatepass")).hexdigest()

"""Password hashes: argon2id, with the parameters of OWASP's password storage cheat sheet."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from serve_app.error import BusyError

LEAST_CHARS = 8
MOST_CHARS = 256
MOST_WAITING = 50

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Nobody's password: what a wrong name is checked against, so that it takes as long as a wrong password.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$tbrO6h7/IMq9PXElytzgMw$uMVy/g1zQVTQVP+1Y2ruPbo1vU35dsYjqxEwSArYzNI"


def hash_password(password: str) -> str:
    """A hash to store; takes a core for some 20 ms."""
    return _HASHER.hash(_normalised(password))


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one of a hash; without a hash it takes as long, and is not."""
    try:
        return _HASHER.verify(password_hash or NOBODY, _normalised(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


class PasswordThread:
    """One thread for work on passwords: a storm of it leaves the other cores, and all other threads, to the rest."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")
        self._waiting = 0

    async def run(self, work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        """Run work when its turn comes.

        Raises:
            BusyError: too many wait.
        """
        if self._waiting >= MOST_WAITING:
            raise BusyError("too many sign in at this moment: try again")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))
        finally:
            self._waiting -= 1


def _normalised(password: str) -> str:
    # The same keys give "é" as one character on one system and as two on another (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", password)

"""Password hashes: argon2id, with the parameters of OWASP's password storage cheat sheet."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_CHARS = 8
MOST_CHARS = 256

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Nobody's password: what a wrong name is checked against, so that it takes as long as a wrong password.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$tbrO6h7/IMq9PXElytzgMw$uMVy/g1zQVTQVP+1Y2ruPbo1vU35dsYjqxEwSArYzNI"

_one_at_a_time = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")
"""A hash takes a core for 20 ms; a storm of them must leave the other core to predictions."""


def hash_password(password: str) -> str:
    """A hash to store; blocks for some 20 ms and more when others wait."""
    return _one_at_a_time.submit(_HASHER.hash, _normalised(password)).result()


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one of a hash; without a hash it takes as long, and is not."""
    return _one_at_a_time.submit(_verify, _normalised(password), password_hash or NOBODY).result() and bool(
        password_hash
    )


def _verify(password: str, password_hash: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _normalised(password: str) -> str:
    # The same keys give "é" as one character on one system and as two on another (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", password)

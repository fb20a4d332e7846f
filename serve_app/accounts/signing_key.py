"""The key that signs tokens and prediction ids: made at the first start, for its owner's eyes only."""

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from serve_app.error import SigningKeyError
from serve_app.settings import Settings

KEY_BYTES = 32
LEAST_CHARS = 32


def signing_key(settings: Settings) -> bytes:
    """The key of RAYONNAGE_SIGNING_KEY, or of `HOME/signing_key`, which is made where there is none.

    Processes that start at once all get the same one.

    Raises:
        SigningKeyError: it is short, cannot be read, or others may read it.
    """
    if settings.signing_key is not None:
        return _checked(settings.signing_key.get_secret_value().strip(), "RAYONNAGE_SIGNING_KEY")
    file = settings.home.expanduser() / "signing_key"
    try:
        if not file.exists():
            _create(file)
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise SigningKeyError(str(file), f"others may read it: chmod 600 {file}")
        return _checked(file.read_text(encoding="ascii").strip(), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise SigningKeyError(str(file), f"cannot be read: {error}") from None


def derived_key(key: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose, so that what is signed for one says nothing for another."""
    return hmac.digest(key, purpose.encode(), hashlib.sha256)


def _create(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(secrets.token_hex(KEY_BYTES) + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        os.link(temporary, file)  # fails where another process was first, whose key then counts
    except FileExistsError:
        pass
    finally:
        temporary.unlink(missing_ok=True)


def _checked(text: str, source: str) -> bytes:
    if len(text) < LEAST_CHARS:
        raise SigningKeyError(source, f"has {len(text)} characters, at least {LEAST_CHARS} are needed")
    return text.encode()

"""Bearer tokens: short-lived ones to call with, longer ones to get new ones with (RFC 7519, HS256)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import jwt

from serve_app.accounts.record import Tokens
from serve_app.accounts.signing_key import derived_key
from serve_app.database.column import now
from serve_app.error import SignInError

ALGORITHM = "HS256"
Kind = Literal["access", "refresh"]


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom a token speaks for, and which generation of that user's tokens it belongs to."""

    user_id: str
    generation: int


class TokenSigner:
    """Signs and reads tokens.

    Args:
        key: of `signing_key`.
        access_s, refresh_s: how long the two kinds live.
    """

    def __init__(self, key: bytes, *, access_s: int, refresh_s: int) -> None:
        self._key = derived_key(key, "tokens")
        self._life_s: dict[Kind, int] = {"access": access_s, "refresh": refresh_s}

    def sign(self, claims: Claims, kind: Kind) -> str:
        issued = now()
        content = {
            "sub": claims.user_id,
            "generation": claims.generation,
            "kind": kind,
            "iat": issued,
            "exp": issued + timedelta(seconds=self._life_s[kind]),
        }
        return jwt.encode(content, self._key, algorithm=ALGORITHM)

    def pair(self, claims: Claims) -> Tokens:
        """An access token, and a refresh token for the next one."""
        return Tokens(
            access_token=self.sign(claims, "access"),
            refresh_token=self.sign(claims, "refresh"),
            expires_in=self._life_s["access"],
        )

    def read(self, token: str, kind: Kind) -> Claims:
        """What a token says.

        Raises:
            SignInError: expired, tampered with, not ours, or of the other kind.
        """
        try:
            content = jwt.decode(token, self._key, algorithms=[ALGORITHM], options={"require": ["sub", "exp", "iat"]})
        except jwt.ExpiredSignatureError:
            raise SignInError("the token has expired: get a new one at POST /token or POST /token/refresh") from None
        except (jwt.InvalidTokenError, UnicodeError, ValueError):
            raise SignInError("the token is not valid: get one at POST /token") from None
        if content.get("kind") != kind:
            raise SignInError(f"this is no {kind} token")
        return Claims(content["sub"], int(content.get("generation", -1)))

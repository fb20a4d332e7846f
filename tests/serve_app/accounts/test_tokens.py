"""Tokens and the key that signs them."""

import base64
import json
import stat
import threading
from pathlib import Path

import jwt
import pytest

from serve_app.accounts.signing_key import signing_key
from serve_app.accounts.token import Claims, TokenSigner
from serve_app.error import SignInError, SigningKeyError
from serve_app.settings import Settings

KEY = b"k" * 40
CLAIMS = Claims("0f8fad5bd9cb469fa16570867728950e", 3)


def signer(access_s: int = 60) -> TokenSigner:
    return TokenSigner(KEY, access_s=access_s, refresh_s=600)


def test_a_token_says_whom_it_speaks_for() -> None:
    tokens = signer().pair(CLAIMS)
    assert signer().read(tokens.access_token, "access") == CLAIMS
    assert signer().read(tokens.refresh_token, "refresh") == CLAIMS
    assert tokens.expires_in == 60


def unsigned(content: dict) -> str:
    def part(value: dict) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(content)}."


def forged() -> dict[str, str]:
    good = signer().sign(CLAIMS, "access")
    content = jwt.decode(good, options={"verify_signature": False})
    head, body, signature = good.split(".")
    return {
        "nothing": "",
        "garbage": "abc",
        "expired": signer(access_s=-5).sign(CLAIMS, "access"),
        "another key": TokenSigner(b"x" * 40, access_s=60, refresh_s=60).sign(CLAIMS, "access"),
        "the key itself": jwt.encode(content, KEY, algorithm="HS256"),
        "alg none": unsigned(content),
        "alg none with the signature": unsigned(content) + signature,
        "another body": f"{head}.{body[:-2]}AA.{signature}",
        "no signature": f"{head}.{body}.",
        "the other kind": signer().sign(CLAIMS, "refresh"),
        "half a surrogate pair": "\ud83d.\ud83d.\ud83d",
        "very long": "a." * 100_000,
    }


@pytest.mark.parametrize("name", forged())
def test_a_token_that_is_not_ours_is_refused(name: str) -> None:
    with pytest.raises(SignInError):
        signer().read(forged()[name], "access")


def test_the_key_is_made_once_for_its_owners_eyes(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(signing_key(settings))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8 and len(set(keys)) == 1
    file = tmp_path / "home" / "signing_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["signing_key"]


def test_a_key_that_others_may_read_or_that_is_short_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    signing_key(settings)
    (tmp_path / "signing_key").chmod(0o644)
    with pytest.raises(SigningKeyError, match="chmod 600"):
        signing_key(settings)
    with pytest.raises(SigningKeyError, match="at least 32"):
        signing_key(Settings(home=tmp_path, signing_key="short"))
    (tmp_path / "signing_key").chmod(0o600)
    (tmp_path / "signing_key").write_text("")
    with pytest.raises(SigningKeyError, match="has 0 characters"):
        signing_key(settings)

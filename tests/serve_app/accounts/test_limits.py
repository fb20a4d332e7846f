"""Lock-out, rates, and whose request it is."""

import time

import pytest
from starlette.datastructures import Headers

from serve_app.accounts.lockout import Lockout
from serve_app.accounts.rate import MOST_CALLERS, RateLimit
from serve_app.address import Proxies
from serve_app.database.engine import Database
from serve_app.error import TooManyError, TrustedProxiesError


def test_a_name_waits_after_too_many_wrong_passwords(database: Database) -> None:
    lockout = Lockout(database, 3, 1.5)
    for _ in range(3):
        lockout.check("anne", "192.0.2.1")
        lockout.note_failure("anne", "192.0.2.1")
    with pytest.raises(TooManyError) as caught:
        lockout.check("Anne ", "192.0.2.1")
    assert caught.value.retry_after_s is not None and 0 < caught.value.retry_after_s <= 1.5
    lockout.check("anne", "192.0.2.2")
    lockout.check("bob", "192.0.2.1")
    time.sleep(1.6)
    lockout.check("anne", "192.0.2.1")


def test_a_right_password_forgives_the_wrong_ones(database: Database) -> None:
    lockout = Lockout(database, 3, 60)
    for _ in range(5):
        lockout.note_failure("anne", "192.0.2.1")
        lockout.note_failure("anne", "192.0.2.1")
        lockout.note_success("anne", "192.0.2.1")
        lockout.check("anne", "192.0.2.1")


def test_guessing_from_many_addresses_or_many_names_is_noticed(database: Database) -> None:
    lockout = Lockout(database, 2, 60)
    for number in range(20):
        lockout.check("anne", f"192.0.2.{number}")
        lockout.note_failure("anne", f"192.0.2.{number}")
        lockout.note_failure(f"user-{number}", "198.51.100.1")
    with pytest.raises(TooManyError):
        lockout.check("anne", "203.0.113.9")
    with pytest.raises(TooManyError):
        lockout.check("someone-else", "198.51.100.1")
    lockout.check("someone-else", "203.0.113.9")


def test_a_rate_lets_a_burst_through_and_says_when_to_come_back() -> None:
    limit = RateLimit(20)
    for _ in range(200):
        limit.take("anne")
    with pytest.raises(TooManyError) as caught:
        limit.take("anne")
    limit.take("bob")
    assert caught.value.retry_after_s is not None and caught.value.retry_after_s <= 0.05
    time.sleep(0.06)
    limit.take("anne")


def test_no_rate_is_no_limit_and_callers_are_forgotten() -> None:
    free = RateLimit(0)
    for _ in range(10_000):
        free.take("anne")
    limit = RateLimit(1)
    for number in range(MOST_CALLERS + 100):
        limit.take(str(number))
    assert len(limit) == MOST_CALLERS


PROXIES = Proxies.read("10.0.0.0/8, 192.0.2.7,2001:db8:1::/48", page_secret="s3cret")


@pytest.mark.parametrize(
    ("peer", "headers", "caller"),
    [
        ("203.0.113.9", {}, "203.0.113.9"),
        ("203.0.113.9", {"x-forwarded-for": "1.1.1.1"}, "203.0.113.9"),
        ("10.1.1.1", {"x-forwarded-for": "1.1.1.1"}, "1.1.1.1"),
        ("10.1.1.1", {"x-forwarded-for": "9.9.9.9, 1.1.1.1 , 192.0.2.7"}, "1.1.1.1"),
        ("10.1.1.1", {"x-forwarded-for": "1.1.1.1:5678"}, "1.1.1.1"),
        ("10.1.1.1", {"x-forwarded-for": "garbage"}, "10.1.1.1"),
        ("10.1.1.1", {"x-forwarded-for": "1.1.1.1, garbage"}, "10.1.1.1"),
        ("10.1.1.1", {"x-forwarded-for": ""}, "10.1.1.1"),
        ("10.1.1.1", {}, "10.1.1.1"),
        ("2001:db8:1::5", {"x-forwarded-for": "[2001:db8:9:9:1::2]:443"}, "2001:db8:9:9::/64"),
        ("2001:db8:9:9:ffff::1", {}, "2001:db8:9:9::/64"),
        ("::ffff:203.0.113.9", {}, "203.0.113.9"),
        ("203.0.113.9", {"x-forwarded-for": "1.1.1.1", "x-rayonnage-page": "s3cret"}, "1.1.1.1"),
        ("203.0.113.9", {"x-forwarded-for": "1.1.1.1", "x-rayonnage-page": "guess"}, "203.0.113.9"),
        ("203.0.113.9", {"x-rayonnage-peer": "1.1.1.1"}, "203.0.113.9"),
    ],
)
def test_whose_request_it_is(peer: str, headers: dict[str, str], caller: str) -> None:
    assert PROXIES.caller(Headers(headers), (peer, 4711)) == caller


def test_behind_haproxy_the_peer_is_whom_it_names() -> None:
    proxies = Proxies(behind_haproxy=True)
    assert proxies.caller(Headers({"x-rayonnage-peer": "203.0.113.9"}), ("127.0.0.1", 1)) == "203.0.113.9"


@pytest.mark.parametrize("setting", ["nonsense", "10.0.0.0/99", "10.0.0.1;10.0.0.2"])
def test_a_wrong_setting_is_named(setting: str) -> None:
    with pytest.raises(TrustedProxiesError, match="RAYONNAGE_TRUSTED_PROXIES"):
        Proxies.read(setting)

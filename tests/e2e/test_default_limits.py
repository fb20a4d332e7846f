"""The limits of a server with its default settings, and whom they count; behind HAProxy and behind Ray's own proxy."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import httpx
import pytest

from bench.page_visitor import PageVisitor
from serve_app.settings import Settings

pytestmark = pytest.mark.e2e

PER_SECOND = Settings().rate_anonymous
BURST = int(PER_SECOND * 10)
DEFAULTS = {
    name: str(getattr(Settings(), name.lower())) for name in ("RATE_ANONYMOUS", "RATE_USER", "LOCKOUT_FAILURES")
}


@pytest.fixture(scope="module", params=["haproxy", "ray"])
def limited(request: pytest.FixtureRequest, launch) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """The URL of a server with default limits."""
    defaults = {f"RAYONNAGE_{name}": value for name, value in DEFAULTS.items()}
    server = launch(**defaults, RAYONNAGE_PROXY=request.param)
    server.wait_ready()
    yield server.url
    server.stop()


def somebody_at(address: str, url: str, **headers: str) -> httpx.Client:
    """A client with an address of its own: all of 127.0.0.0/8 is this machine."""
    transport = httpx.HTTPTransport(local_address=address)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Client(base_url=f"{url}/api/v1", transport=transport, headers=named, timeout=60)


def ask_too_often(client: httpx.Client) -> httpx.Response:
    """Ask until it is refused; the answer that refuses."""
    started = time.monotonic()
    for asked in range(1, 2000):
        answer = client.get("/predict")
        if answer.status_code == 429:
            assert BURST <= asked <= BURST + 1 + PER_SECOND * (time.monotonic() - started)
            return answer
        assert answer.status_code == 200, answer.text
    raise AssertionError("never refused")


def is_refused(client: httpx.Client, method: str, path: str, **request: Any) -> bool:
    """Whether one of many requests is: while they are made, a few become welcome again."""
    return 429 in (client.request(method, path, **request).status_code for _ in range(100))


def test_a_stranger_who_asks_too_often_is_told_when_to_come_back(limited: str) -> None:
    with somebody_at("127.0.0.11", limited) as client, somebody_at("127.0.0.12", limited) as another:
        refused = ask_too_often(client)
        assert "slow down" in refused.json()["detail"]
        time.sleep(int(refused.headers["Retry-After"]))
        assert client.get("/predict").status_code == 200
        assert is_refused(client, "POST", "/predict", json={"designation": "piscine"})
        assert is_refused(client, "POST", "/token", data={"username": "", "password": ""})
        assert is_refused(client, "POST", "/users", json={"username": "", "password": ""})
        assert another.get("/predict").status_code == 200
        for path in ("/health", "/ready", "/metrics", "/docs", "/openapi.json"):
            assert {client.get(path).status_code for _ in range(10)} == {200}, path


@pytest.mark.parametrize(
    ("address", "header"),
    [
        ("127.0.0.1", "X-Forwarded-For"),
        ("127.0.1.2", "X-Real-IP"),
        ("127.0.1.3", "Forwarded"),
        ("127.0.1.4", "X-Rayonnage-Peer"),
    ],
)
def test_a_strangers_word_about_his_address_counts_for_nothing(limited: str, address: str, header: str) -> None:
    with somebody_at(address, limited) as client:
        ask_too_often(client)
        claims = [{header: f"203.0.113.{number}", "X-Rayonnage-Page": "guess"} for number in range(100)]
        assert 429 in [client.get("/predict", headers=claim).status_code for claim in claims]


def test_wrong_tokens_count_for_the_address(limited: str) -> None:
    with somebody_at("127.0.0.13", limited, authorization="Bearer no.such.token") as client:
        statuses = [client.get("/me").status_code for _ in range(BURST * 2)]
    assert statuses.count(401) >= BURST
    assert set(statuses) == {401, 429}


def test_a_user_has_a_rate_of_his_own_which_his_keys_share(limited: str) -> None:
    with somebody_at("127.0.0.14", limited) as client:
        credentials = {"username": f"user-{time.time_ns()}", "password": "une phrase assez longue"}
        assert client.post("/users", json=credentials).status_code == 201
        token = client.post("/token", data=credentials).json()["access_token"]
        signed = {"Authorization": f"Bearer {token}"}
        key = client.post("/keys", json={"name": "import"}, headers=signed).json()["key"]
        assert is_refused(client, "GET", "/predict")
        assert {client.get("/me", headers=signed).status_code for _ in range(BURST * 2)} == {200}
        assert client.get("/me", headers={"X-API-Key": key}).status_code == 200


def test_a_name_waits_after_too_many_wrong_passwords(limited: str) -> None:
    wrong = {"username": f"nobody-{time.time_ns()}", "password": "pas le bon mot"}
    with somebody_at("127.0.0.15", limited) as client, somebody_at("127.0.0.16", limited) as another:
        statuses = [client.post("/token", data=wrong).status_code for _ in range(Settings().lockout_failures)]
        assert set(statuses) == {401}
        locked = client.post("/token", data=wrong)
        assert locked.status_code == 429
        assert 0 < int(locked.headers["Retry-After"]) <= Settings().lockout_s
        assert another.post("/token", data=wrong).status_code == 401


def visit(address: str, url: str, *, meanwhile: AbstractContextManager[None] = nullcontext()) -> str:
    """What the page shows about the server's state to a visitor from an address.

    Args:
        meanwhile: holds while the page, once it is there, asks.
    """

    async def look() -> str:
        transport = httpx.AsyncHTTPTransport(local_address=address)
        async with httpx.AsyncClient(base_url=url, transport=transport, timeout=60) as http:
            page = await PageVisitor.open(http)
            with meanwhile:
                shown = await page.call(next(one for one in page.handlers if "status" in page.outputs(one)))
            return str(shown["status"])

    return asyncio.run(look())


@contextmanager
def never_quiet(address: str, url: str) -> Iterator[None]:
    """Somebody at an address goes on asking, so that what he may ask is used up all the while."""
    refused, over = threading.Event(), threading.Event()

    def ask() -> None:
        with somebody_at(address, url) as client:
            while not over.is_set():
                if client.get("/predict").status_code == 429:
                    refused.set()

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        assert refused.wait(60)
        yield
    finally:
        over.set()
        thread.join()


def test_visitors_of_the_page_are_counted_one_by_one(limited: str) -> None:
    with somebody_at("127.0.0.17", limited) as client:
        ask_too_often(client)
    ready = visit("127.0.0.18", limited)
    busy = (never_quiet("127.0.0.17", limited) for _ in range(5))
    assert any(visit("127.0.0.17", limited, meanwhile=meanwhile) != ready for meanwhile in busy)
    with somebody_at("127.0.0.1", limited) as machine:
        assert machine.get("/predict").status_code == 200

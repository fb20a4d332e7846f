"""Whom the page says that it asks for."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request

from bench.page_visitor import PageVisitor
from ui.mount import asgi_app

SERVED = {"ready": True, "version": "v", "categories": [], "modalities": ["text"], "down": []}


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", ws="none", proxy_headers=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join()


def headers_of_a_visit(page_secret: str, **visitors_headers: str) -> dict[str, str]:
    """What reaches the API when a visitor's page asks for its status."""
    seen: list[dict[str, str]] = []
    api = FastAPI()

    @api.get("/api/v1/predict")
    async def served(request: Request) -> dict[str, object]:
        seen.append(dict(request.headers))
        return SERVED

    with listening(api) as api_url, listening(asgi_app(api_url, page_secret)) as page_url:
        headers = {name.replace("_", "-"): value for name, value in visitors_headers.items()}
        asyncio.run(ask_for_the_status(page_url, headers))
    (only,) = seen
    return only


async def ask_for_the_status(page_url: str, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=page_url, headers=headers, timeout=20) as http:
        page = await PageVisitor.open(http)
        await page.call(next(handler for handler in page.handlers if "status" in page.outputs(handler)))


@pytest.mark.slow
def test_the_page_names_its_visitor_and_proves_that_it_is_the_page() -> None:
    headers = headers_of_a_visit("s3cret", x_forwarded_for="203.0.113.9")
    assert headers["x-rayonnage-page"] == "s3cret"
    assert headers["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"


@pytest.mark.slow
def test_behind_haproxy_the_page_takes_its_word_for_the_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    visit = {"x_rayonnage_peer": "203.0.113.9"}
    assert headers_of_a_visit("s3cret", **visit)["x-forwarded-for"] == "127.0.0.1"
    monkeypatch.setenv("RAY_SERVE_ENABLE_HA_PROXY", "1")
    assert headers_of_a_visit("s3cret", **visit)["x-forwarded-for"] == "203.0.113.9"


@pytest.mark.slow
def test_a_page_without_a_secret_names_nobody() -> None:
    assert not {"x-rayonnage-page", "x-forwarded-for"} & set(headers_of_a_visit(""))

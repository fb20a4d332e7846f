"""Page, documentation and API behind a reverse proxy that takes a prefix off, and called from other web origins."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

pytestmark = pytest.mark.e2e

CHROMIUM = Path("/usr/bin/chromium")
SHOP = "https://shop.example"
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "content-encoding", "date", "server"}
ASKED = {"Access-Control-Request-Method": "POST"}


class ReverseProxy(BaseHTTPRequestHandler):
    """Hands on to `upstream` what comes below `prefix`, without it."""

    upstream = ""
    prefix = ""
    headers_added: dict[str, str] = {}  # noqa: RUF012 - set once, below

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65_537)
        self.close_connection = True
        if not self.raw_requestline or not self.parse_request():
            return
        if not self.path.startswith(f"{self.prefix}/"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kept = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP | {"host"}}
        url = self.upstream + self.path.removeprefix(self.prefix)
        headers = {**kept, "Accept-Encoding": "identity", **self.headers_added}
        with httpx.stream(self.command, url, headers=headers, content=body, timeout=60) as answer:
            self.send_response_only(answer.status_code)
            for name, value in answer.headers.items():
                if name not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            for chunk in answer.iter_raw():
                self.wfile.write(chunk)
                self.wfile.flush()


@contextmanager
def reverse_proxy(upstream: str, prefix: str, *, names_prefix: bool) -> Iterator[str]:
    """A running proxy; its URL with the prefix."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), ReverseProxy)
    host = f"127.0.0.1:{server.server_port}"
    added = {"X-Forwarded-Host": host, "X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.7"}
    named = {"X-Forwarded-Prefix": prefix} if names_prefix else {}
    server.RequestHandlerClass = type(
        "Proxy", (ReverseProxy,), {"upstream": upstream, "prefix": prefix, "headers_added": added | named}
    )
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{host}{prefix}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def behind(launch: Any) -> Any:
    """A server that is told its prefix, and believes a proxy on this machine that names another one."""
    server = launch(
        RAYONNAGE_ROOT_PATH="/boutique",
        RAYONNAGE_TRUSTED_PROXIES="127.0.0.0/8",
        RAYONNAGE_CORS_ORIGINS=f"{SHOP}, https://other.example",
    )
    server.wait_ready()
    return server


@pytest.fixture(scope="module", params=["prefix by setting", "prefix by header"])
def proxied(request: pytest.FixtureRequest, behind: Any) -> Iterator[str]:
    """The URL of page and API through the proxy."""
    by_header = request.param == "prefix by header"
    with reverse_proxy(behind.url, "/a/b" if by_header else "/boutique", names_prefix=by_header) as url:
        yield url


def test_the_documentation_and_all_that_it_loads_come_through_the_proxy(proxied: str) -> None:
    page = httpx.get(f"{proxied}/api/v1/docs").text
    loaded = [*re.findall(r'(?:src|href)="([^"]+)"', page), *re.findall(r"url: '([^']+)'", page)]
    assert len(loaded) >= 3
    for link in loaded:
        url = urljoin(proxied, link)
        assert url.startswith(proxied)
        assert httpx.get(url).status_code == 200, url


def test_the_document_names_the_address_behind_which_it_is_served(proxied: str) -> None:
    document = httpx.get(f"{proxied}/api/v1/openapi.json").json()
    assert document["servers"][0] == {"url": f"{urlsplit(proxied).path}/api/v1"}


def test_the_api_answers_through_the_proxy(proxied: str) -> None:
    answer = httpx.post(f"{proxied}/api/v1/predict", json={"designation": "Piscine ronde"}, timeout=30)
    assert answer.status_code == 200
    assert httpx.head(f"{proxied}/api/v1/ready").status_code == 200


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed; `make test` installs it")
def test_the_page_works_through_the_proxy(proxied: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(locale="fr-FR")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{proxied}/")
        expect(page.locator(".chip.on")).to_be_visible(timeout=30_000)
        page.get_by_role("tab", name="Essayer").click()
        picture = page.locator("#examples img").first
        expect(picture).not_to_have_js_property("naturalWidth", 0, timeout=30_000)
        page.locator("#examples button").first.click()
        expect(page.locator("#explore-answer .best h2")).to_be_visible(timeout=30_000)
        browser.close()
    # The web manifest is the one link that Gradio writes without looking where it is; nothing on the page needs it.
    outside = [url for url in asked if url.startswith("http") and not url.startswith(proxied)]
    assert [url for url in outside if not url.endswith("/manifest.json")] == []


def test_a_prefix_that_would_lead_elsewhere_is_ignored(behind: Any) -> None:
    for prefix in ("//evil.example", '/"><script>', "/a b", "javascript:", "/é"):
        headers = {"X-Forwarded-Prefix": prefix.encode()}
        answer = httpx.get(f"{behind.api}/openapi.json", headers=headers)
        assert answer.json()["servers"][0] == {"url": "/boutique/api/v1"}


def test_a_stranger_cannot_name_a_prefix(server: str) -> None:
    answer = httpx.get(f"{server}/api/v1/openapi.json", headers={"X-Forwarded-Prefix": "/stranger"})
    assert answer.json()["servers"] == [{"url": "/api/v1"}]


def test_named_origins_may_call_the_api_from_a_browser(behind: Any) -> None:
    for header in ("authorization", "x-api-key", "idempotency-key", "content-type"):
        asked = {**ASKED, "Origin": SHOP, "Access-Control-Request-Headers": header}
        answer = httpx.options(f"{behind.api}/predict", headers=asked)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, SHOP)
        assert header in answer.headers["access-control-allow-headers"].lower()
    answer = httpx.get(f"{behind.api}/nothing", headers={"Origin": SHOP})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (404, SHOP)
    assert "retry-after" in answer.headers["access-control-expose-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


def test_other_origins_may_not(behind: Any) -> None:
    answer = httpx.options(f"{behind.api}/predict", headers={**ASKED, "Origin": "https://evil.example"})
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers


def test_without_the_setting_no_origin_may(server: str) -> None:
    answer = httpx.options(f"{server}/api/v1/predict", headers={**ASKED, "Origin": SHOP})
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]
    answer = httpx.get(f"{server}/api/v1/health", headers={"Origin": SHOP})
    assert not [name for name in answer.headers if name.startswith("access-control")]

"""The page in a real browser, on the real server."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "une phrase assez longue"
WAIT_MS = 30_000

NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for a module: while Playwright runs, its thread can run no event loop, and other tests need theirs."""
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[NewContext]:
    """Makes readers of French; fails the test where a page asks anything of another address or throws an error."""
    contexts: list[BrowserContext] = []
    requests: list[str] = []
    errors: list[str] = []

    def make(*, width: int = 1280, height: int = 860, scheme: str = "light") -> BrowserContext:
        context = browser.new_context(
            locale="fr-FR",
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(WAIT_MS)
        context.on("request", lambda request: requests.append(request.url))
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    outside = [url for url in requests if urlsplit(url).hostname not in ("127.0.0.1", None)]
    assert outside == []
    assert errors == []


@pytest.fixture
def page(new_context: NewContext, server: str) -> Page:
    """The page of the session's server, ready, with nobody signed in."""
    return opened(new_context(), server)


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    expect(page.locator(".chip.on")).to_be_visible(timeout=WAIT_MS)
    return page


def sign_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.locator("#open-sign-in").click()
    page.get_by_label("Nom d'utilisateur").fill(username)
    page.get_by_label("Mot de passe").fill(password)
    page.locator("#enter").click()
    expect(page.locator("#who")).to_contain_text(username)


def register(page: Page) -> str:
    """Somebody new, signed in by the page; returns the name."""
    username = f"page-{secrets.token_hex(5)}"
    page.locator("#open-sign-in").click()
    page.get_by_label("Nom d'utilisateur").fill(username)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.locator("#register").click()
    expect(page.locator("#who")).to_contain_text(username)
    return username


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def proposed(page: Page, answer: str = "#answer") -> str:
    """The name of the proposed shelf, once it is there."""
    heading = page.locator(f"{answer} .best h2")
    expect(heading).to_be_visible(timeout=WAIT_MS)
    return heading.inner_text()


def find_shelf(page: Page, title: str, photo: Path | None = None) -> str:
    """Put a listing into the form, and look for its shelf; the shelf's name."""
    page.get_by_label("Titre").fill(title)
    if photo:
        page.set_input_files("#photo input[type=file]", photo)
        expect(page.locator("#photo img")).to_be_visible()
    page.get_by_role("button", name="Trouver le rayon").click()
    return proposed(page)

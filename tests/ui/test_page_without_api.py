"""The page while the API is away."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import expect, sync_playwright

from ui.mount import asgi_app

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture
def lonely_page() -> Iterator[str]:
    """The page's address; where its API should be, nobody listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        app = asgi_app(f"http://127.0.0.1:{nobody.getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", ws="none"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        server.force_exit = True
        thread.join()


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed; `make test` installs it")
def test_a_page_without_its_api_says_that_the_model_restarts_and_keeps_the_listing(lonely_page: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(locale="fr-FR")
        page.goto(lonely_page)
        expect(page.locator(".chip.wait")).to_have_text("Le modèle redémarre…", timeout=30_000)
        page.get_by_label("Titre").fill("Piscine ronde")
        page.get_by_role("button", name="Trouver le rayon").click()
        expect(page.get_by_role("alert")).to_contain_text("Votre annonce est gardée", timeout=30_000)
        assert page.get_by_label("Titre").input_value() == "Piscine ronde"
        browser.close()

"""Draw every tab of the page for the documentation, from a demo server of its own.

The first run trains the demo's model and sells the sample's listings; later ones find both in `--home`.

Example: .venv/bin/python -m ui.screenshot --out docs/images
"""

import argparse
import asyncio
import io
import os
import random
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Error, FilePayload, Page, sync_playwright

from ui.client import ApiClient
from ui.error import ApiError
from ui.example import FOLDER

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ADMIN = "camille"
SALES = 420
DAYS = 28
KEPT = 0.88
"""How often the seller of these pictures keeps the proposed shelf."""

START_S = 900.0
TRAIN_S = 600.0
SEED = 7
LONGEST_PX = 2000


@dataclass(frozen=True, slots=True)
class Screen:
    """What somebody looks at the page with."""

    name: str
    width_px: int
    height_px: int


SCREENS = (Screen("desktop", 1280, 900), Screen("phone", 375, 812))
SCHEMES = ("light", "dark")
FIRST = "page"
"""The picture that opens the README: the first tab by day, on a desktop."""


def main() -> None:
    """Write a picture a tab, screen and colour scheme."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder of the pictures")
    parser.add_argument("--home", type=Path, default=Path("build/screenshots"), help="RAYONNAGE_HOME of the demo")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="browser that draws")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(16)
    try:
        with demo(given.home.absolute(), password) as url:
            asyncio.run(sell(url, password))
            spread(given.home / "rayonnage.db")
            draw(url, given.out, password, chromium=given.chromium)
    except (Error, ApiError, subprocess.CalledProcessError) as error:
        sys.exit(f"Error: the page cannot be drawn: {str(error).splitlines()[0]}")


@contextmanager
def demo(home: Path, password: str) -> Iterator[str]:
    """A demo server with an admin; its URL."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    environment = {**os.environ, "RAYONNAGE_HOME": str(home), "RAYONNAGE_RATE_USER": "0"}
    command = [sys.executable, "-m", "rayonnage"]
    server = subprocess.Popen([*command, "demo", "--port", str(port)], env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        asyncio.run(_ready(url, server))
        known = subprocess.run([*command, "users", "list"], env=environment, capture_output=True, text=True, check=True)
        action = ["password", ADMIN] if ADMIN in known.stdout else ["add", ADMIN, "--admin"]
        subprocess.run(
            [*command, "users", *action, "--password-stdin"], env=environment, input=password, text=True, check=True
        )
        yield url
    finally:
        server.terminate()
        server.wait()


async def _ready(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    async with ApiClient(url) as api:
        while time.monotonic() < until and server.poll() is None:
            try:
                if (await api.served()).ready:
                    return
            except ApiError:
                await asyncio.sleep(1)
    sys.exit("Error: the demo server did not become ready")


async def sell(url: str, password: str) -> None:
    """Products on their shelves, and a challenger of the champion, where there are none."""
    generator = random.Random(SEED)
    async with ApiClient(url) as api:
        token = (await api.token(ADMIN, password)).access_token
        if (await api.recent_sales(token=token, limit=10_000)).rows < SALES:
            for _ in range(SALES):
                proposal = await api.proposal(token=token)
                words = (proposal.designation, proposal.description)
                answer = await api.predict(*words, photo=proposal.photo, token=token)
                place = 0 if generator.random() < KEPT else generator.randint(1, 3)
                code = answer.categories[place].prdtypecode
                await api.add_product(
                    *words, prdtypecode=code, photo=proposal.photo, prediction_id=answer.prediction_id, token=token
                )
        if len((await api.models(token=token)).items) < 2:
            training = await api.start_training("small", token=token)
            until = time.monotonic() + TRAIN_S
            while training.state in ("queued", "running") and time.monotonic() < until:
                await asyncio.sleep(2)
                training = await api.training(training.id, token=token)


def spread(database: Path) -> None:
    """Let the sales be of four weeks: a picture of one minute would tell nothing of the charts."""
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        (count,) = connection.execute("SELECT count(*) FROM products").fetchone()
        connection.execute(
            "UPDATE products SET created_at = strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || age || ' minutes')"
            " FROM (SELECT number AS n, row_number() OVER (ORDER BY number DESC) * ? / ? AS age FROM products) AS ages"
            " WHERE products.number = ages.n",
            (DAYS * 24 * 60, count),
        )


def draw(url: str, out: Path, password: str, *, chromium: str) -> None:
    """Sign in once a screen and scheme, walk through the tabs, and keep what is seen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for screen in SCREENS:
            for scheme in SCHEMES:
                page = _signed_in(browser, url, password, screen, scheme)
                for name, show in TABS.items():
                    show(page)
                    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
                    page.mouse.move(0, 0)
                    page.wait_for_timeout(700)  # the browser has drawn the last frame
                    file = out / f"{name}-{screen.name}-{scheme}.webp"
                    _save(page.screenshot(full_page=True), file)
                    sys.stdout.write(f"{file}\n")
                    if (name, screen, scheme) == ("sell", SCREENS[0], SCHEMES[0]):
                        _save(
                            page.screenshot(clip={"x": 0, "y": 0, "width": 1280, "height": 1250}, full_page=True),
                            out / f"{FIRST}.webp",
                        )
                page.context.close()
        browser.close()


def _signed_in(browser: Browser, url: str, password: str, screen: Screen, scheme: str) -> Page:
    context = browser.new_context(
        locale="fr-FR",
        viewport={"width": screen.width_px, "height": screen.height_px},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".chip.on")
    page.locator("#open-sign-in").click()
    page.get_by_label("Nom d'utilisateur").fill(ADMIN)
    page.get_by_label("Mot de passe").fill(password)
    page.locator("#enter").click()
    page.wait_for_selector("#own-products li")
    return page


def _open_tab(page: Page, name: str) -> None:
    tab = page.get_by_role("tab", name=name)
    if tab.is_visible():
        tab.click()
    else:  # on a phone, behind the three dots
        page.locator(".overflow-menu > button").click()
        page.locator(".overflow-dropdown button", has_text=name).click()


def _sell(page: Page) -> None:
    page.get_by_label("Titre").fill("Grande piscine ronde hors-sol 3,60 m avec échelle")
    page.get_by_label("Description (facultative)").fill("Parois en acier, filtre à cartouche, montage facile.")
    page.set_input_files("#photo input[type=file]", FOLDER / "pool.jpg")
    page.wait_for_selector("#photo img")
    page.locator("#find").click()
    page.wait_for_selector("#answer .best")
    page.locator("#why").click()
    page.wait_for_selector("#reasons section")


def _explore(page: Page) -> None:
    _open_tab(page, "Essayer")
    page.get_by_role("button", name="Lampe de chevet", exact=True).click()
    page.wait_for_selector("#explore-answer .best")


def _sales(page: Page) -> None:
    _open_tab(page, "Ventes récentes")
    page.wait_for_selector("#chart-confusion svg.marks")


def _batch(page: Page) -> None:
    _open_tab(page, "Lot")
    rows = [
        "Titre;Description",
        "Bâche à bulles pour piscine 4 x 8 m;",
        "Lot de 10 romans policiers;Bon état",
        ";",
        "Console portable et 5 jeux;",
        "Objet décoratif;",
        "Croquettes pour chat stérilisé 10 kg;",
        "Boîte;",
    ]
    table = FilePayload(name="annonces.csv", mimeType="text/csv", buffer="\n".join(rows).encode())
    page.set_input_files("#batch-file input[type=file]", table)
    page.locator("#start-batch").click()
    page.wait_for_selector("#batch-results table")


def _models(page: Page) -> None:
    _open_tab(page, "Modèles")
    page.wait_for_selector("#chart-versions svg.marks")


TABS: dict[str, Callable[[Page], None]] = {
    "sell": _sell,
    "explore": _explore,
    "sales": _sales,
    "batch": _batch,
    "models": _models,
}


def _save(png: bytes, file: Path) -> None:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.crop((0, 0, picture.width, min(picture.height, LONGEST_PX))).save(file, "WEBP", quality=82, method=6)


if __name__ == "__main__":
    main()

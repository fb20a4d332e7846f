"""An admin trains, watches, deploys and goes back, on a server of its own; the server restarts beneath the page."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from bundle.store import ModelStore
from tests.e2e.conftest import Launch, RunningServer
from tests.e2e.page.conftest import NewContext, open_tab, opened, proposed, sign_in

pytestmark = pytest.mark.e2e

TRAINED_MS = 240_000


@pytest.fixture(scope="module")
def small_server(
    launch: Launch, small_store: ModelStore, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> RunningServer:
    """A server with the small model in a store of its own, where products were sold."""
    home = tmp_path_factory.mktemp("admin_home")
    shutil.copytree(small_store.url, home / "models")
    server = launch(
        RAYONNAGE_HOME=str(home),
        RAYONNAGE_STORE=str(home / "models"),
        RAYONNAGE_DATA=str(data_dir),
        RAYONNAGE_TENSORBOARD_URL="http://tracking.example:6006",
    )
    server.wait_ready()
    with server.client("admin", server.admin_password) as admin:
        for title in ("piscine gonflable", "bâche piscine", "peluche ours"):
            product = {"designation": title, "prdtypecode": 1280 if "ours" in title else 2583}
            admin.post("/products", json=product).raise_for_status()
    return server


@pytest.fixture
def admin_page(new_context: NewContext, small_server: RunningServer) -> Iterator[Page]:
    page = opened(new_context(), small_server.url)
    sign_in(page, "admin", small_server.admin_password)
    open_tab(page, "Modèles")
    expect(page.locator("#versions tbody tr").first).to_be_visible()
    yield page


def champion(server: RunningServer) -> str:
    return httpx.get(f"{server.api}/predict").json()["version"]


def test_a_training_is_watched_deployed_and_rolled_back(admin_page: Page, small_server: RunningServer) -> None:
    first = champion(small_server)
    expect(admin_page.locator("#links a")).to_have_attribute("href", "http://tracking.example:6006")
    admin_page.get_by_role("button", name="Lancer l'entraînement").click()
    training = admin_page.locator("#training")
    expect(training.locator(".badge")).to_have_text(re.compile("en attente|en cours"))
    expect(admin_page.get_by_role("button", name="Annuler l'entraînement")).to_be_visible()
    expect(training.locator(".badge")).to_have_text("en cours", timeout=TRAINED_MS)
    expect(training.locator(".log")).to_contain_text("products on the shelf", timeout=TRAINED_MS)
    expect(training.locator(".badge")).to_have_text("réussi", timeout=TRAINED_MS)
    expect(training.locator(".percent")).to_contain_text("100")
    expect(admin_page.get_by_role("button", name="Annuler l'entraînement")).to_be_hidden()

    expect(admin_page.locator("#versions tbody tr")).to_have_count(2)
    expect(admin_page.locator("#comparison")).to_contain_text(f"face au champion {first}")
    expect(admin_page.locator("#chart-versions svg.marks")).to_be_visible()
    admin_page.get_by_role("button", name="Mise en production").click()
    expect(admin_page.locator("#models-note")).to_contain_text("répond maintenant", timeout=60_000)
    second = champion(small_server)
    assert second != first
    expect(admin_page.locator("#versions tr", has_text=second)).to_contain_text("champion")

    admin_page.get_by_role("button", name="Revenir au champion précédent").click()
    expect(admin_page.locator("#models-note")).to_contain_text(f"Retour à la version {first}", timeout=60_000)
    assert champion(small_server) == first
    expect(admin_page.locator("#versions tr", has_text=first)).to_contain_text("champion")


@pytest.mark.usefixtures("long_training")
def test_a_training_is_cancelled_and_a_second_one_at_a_time_is_refused(admin_page: Page) -> None:
    admin_page.get_by_text("Complet", exact=False).click()
    admin_page.get_by_role("button", name="Lancer l'entraînement").click()
    cancel = admin_page.get_by_role("button", name="Annuler l'entraînement")
    expect(cancel).to_be_visible()
    admin_page.get_by_role("button", name="Lancer l'entraînement").click()
    expect(admin_page.locator("#models-note")).to_contain_text("pas possible en ce moment")
    cancel.click()
    expect(admin_page.locator("#training .badge")).to_have_text("annulé", timeout=60_000)
    expect(admin_page.locator("#trainings")).to_contain_text("réussi")


def test_data_are_reset_only_after_the_word_is_typed(admin_page: Page, small_server: RunningServer) -> None:
    with small_server.client("admin", small_server.admin_password) as admin:
        admin.post("/products", json={"designation": "chlore galets", "prdtypecode": 2583}).raise_for_status()
        admin_page.get_by_label("Pour confirmer").fill("oui")
        admin_page.get_by_role("button", name="Tout retirer").click()
        expect(admin_page.locator("#models-note")).to_contain_text("Tapez le mot")
        assert admin.get("/products").json()["items"]
        admin_page.get_by_label("Pour confirmer").fill("réinitialiser")
        admin_page.get_by_role("button", name="Tout retirer").click()
        expect(admin_page.locator("#models-note")).to_contain_text("Produits retirés")
        assert admin.get("/products").json()["items"] == []


def test_the_page_outlives_a_restart_of_the_server(
    admin_page: Page, small_server: RunningServer, launch: Launch
) -> None:
    """Last here: it stops the module's server, and starts another one at its address."""
    open_tab(admin_page, "Vendre")
    admin_page.get_by_label("Titre").fill("piscine gonflable ronde")
    small_server.stop()
    admin_page.get_by_role("button", name="Trouver le rayon").click()
    said = admin_page.locator(".toast-body", has_text="Le serveur redémarre")
    expect(said).to_be_visible(timeout=60_000)
    again = launch(
        port=small_server.port,
        RAYONNAGE_HOME=str(small_server.home),
        RAYONNAGE_STORE=str(small_server.home / "models"),
    )
    again.wait_ready()
    expect(said).to_be_hidden(timeout=60_000)  # the page was loaded again
    expect(admin_page.locator("#who")).to_contain_text("admin", timeout=60_000)
    expect(admin_page.get_by_label("Titre")).to_have_value("piscine gonflable ronde", timeout=60_000)
    admin_page.get_by_role("button", name="Trouver le rayon").click()
    assert proposed(admin_page)
    admin_page.get_by_role("button", name="Mettre en vente").click()
    expect(admin_page.locator("#answer .sold")).to_be_visible()
    again.stop()

"""axe finds nothing serious on any tab, by day and by night."""

import importlib.resources
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import RunningServer
from tests.e2e.page.conftest import NewContext, find_shelf, open_tab, opened, proposed, sign_in
from ui.example import EXAMPLES, FOLDER

pytestmark = pytest.mark.e2e

AXE = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js")
SEEN_TO = ("serious", "critical")


def faults(page: Page) -> list[str]:
    """What axe calls serious or critical, with the elements at fault."""
    page.wait_for_timeout(300)  # colours that change have changed
    found: dict[str, Any] = page.evaluate(f"() => {{ {AXE.read_text('utf-8')}; return axe.run(); }}")
    return [
        f"{fault['id']} ({fault['impact']}): {node['html'][:200]}"
        for fault in found["violations"]
        if fault["impact"] in SEEN_TO
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_tab_has_a_serious_fault(new_context: NewContext, running_server: RunningServer, scheme: str) -> None:
    with running_server.client("admin", running_server.admin_password) as admin:
        for code in (2583, 10):
            admin.post("/products", json={"designation": "Piscine ronde", "prdtypecode": code}).raise_for_status()
    page = opened(new_context(scheme=scheme), running_server.url)
    found = {"signed out": faults(page)}
    page.locator("#open-sign-in").click()
    expect(page.get_by_label("Mot de passe")).to_be_visible()
    found["sign in"] = faults(page)
    page.get_by_role("button", name="Fermer").click()
    sign_in(page, "admin", running_server.admin_password)

    assert find_shelf(page, "Piscine ronde hors-sol", FOLDER / "pool.jpg")
    page.get_by_role("button", name="Pourquoi ?").click()
    expect(page.locator("#reasons .explanation")).to_be_visible()
    page.get_by_role("button", name="Corriger").first.click()
    expect(page.locator("#correction")).to_be_visible()
    found["sell"] = faults(page)
    page.get_by_label("Rayon choisi").last.click()
    expect(page.get_by_role("listbox")).to_be_visible()
    found["list of shelves"] = faults(page)
    page.keyboard.press("Escape")

    open_tab(page, "Essayer")
    page.get_by_role("button", name=EXAMPLES[0].label_fr, exact=True).click()
    assert proposed(page, "#explore-answer")
    found["try"] = faults(page)
    open_tab(page, "Ventes récentes")
    expect(page.locator("#charts svg.marks")).to_have_count(4)
    found["sales"] = faults(page)
    open_tab(page, "Lot")
    expect(page.locator("#batch-file")).to_be_visible()
    found["batch"] = faults(page)
    open_tab(page, "Modèles")
    expect(page.locator("#versions tbody tr").first).to_be_visible()
    found["models"] = faults(page)
    assert {place: faulty for place, faulty in found.items() if faulty} == {}

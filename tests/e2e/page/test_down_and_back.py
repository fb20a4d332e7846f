"""The API goes away and comes back while somebody looks at the page."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import RunningServer
from tests.e2e.page.conftest import open_tab, proposed

pytestmark = pytest.mark.e2e

BACK_MS = 90_000


def test_the_page_says_that_the_model_restarts_and_goes_on_by_itself(page: Page, running_server: RunningServer) -> None:
    page.get_by_label("Titre").fill("Piscine ronde hors-sol")
    running_server.replica("FusionRouter").kill()
    page.get_by_role("button", name="Trouver le rayon").click()
    # Asked again for two seconds, the router may be back by then: either is well.
    said = page.locator("#problem .note", has_text="redémarre").or_(page.locator("#answer .best"))
    expect(said.first).to_be_visible(timeout=BACK_MS)
    expect(page.get_by_label("Titre")).to_have_value("Piscine ronde hors-sol")
    running_server.wait_ready()
    expect(page.locator(".chip.on")).to_be_visible(timeout=BACK_MS)
    page.get_by_role("button", name="Trouver le rayon").click()
    assert proposed(page)
    open_tab(page, "Ventes récentes")
    expect(page.locator("#figures")).to_contain_text("Connectez-vous")

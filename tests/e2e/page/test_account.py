"""Signing in on the page, staying signed in, and leaving."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import RunningServer
from tests.e2e.page.conftest import PASSWORD, open_tab, register, sign_in

pytestmark = pytest.mark.e2e


def test_who_registers_stays_signed_in_after_a_reload_and_leaves_with_a_click(page: Page) -> None:
    username = register(page)
    expect(page.locator("#own-products")).to_contain_text("Rien encore")
    page.reload()
    expect(page.locator("#who")).to_contain_text(username)
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.locator("#open-sign-in")).to_be_visible()
    expect(page.locator("#own-products")).to_contain_text("Connectez-vous")
    page.reload()
    expect(page.locator("#open-sign-in")).to_be_visible()
    expect(page.locator("#who p")).to_have_count(0)


def test_a_wrong_password_gives_a_sentence_and_the_right_one_still_works(page: Page) -> None:
    username = register(page)
    page.get_by_role("button", name="Se déconnecter").click()
    page.locator("#open-sign-in").click()
    page.get_by_label("Nom d'utilisateur").fill(username)
    page.get_by_label("Mot de passe").fill("pas le bon du tout")
    page.get_by_label("Mot de passe").press("Enter")
    expect(page.locator("#sign-in-problem")).to_contain_text("ne vont pas ensemble")
    expect(page.get_by_label("Mot de passe")).to_have_value("")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_label("Mot de passe").press("Enter")
    expect(page.locator("#who")).to_contain_text(username)


def test_a_name_that_is_taken_and_a_password_that_is_short_are_said_so(page: Page) -> None:
    page.locator("#open-sign-in").click()
    page.locator("#register").click()
    expect(page.locator("#sign-in-problem")).to_contain_text("Donnez un nom")
    page.get_by_label("Nom d'utilisateur").fill("admin")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.locator("#register").click()
    expect(page.locator("#sign-in-problem")).to_contain_text("déjà pris")
    page.get_by_label("Nom d'utilisateur").fill("quelqu-un-d-autre")
    page.get_by_label("Mot de passe").fill("court")
    page.locator("#register").click()
    expect(page.locator("#sign-in-problem")).to_contain_text("au moins 8")


def test_a_plain_user_has_no_tab_for_models_and_an_admin_has(page: Page, running_server: RunningServer) -> None:
    register(page)
    expect(page.get_by_role("tab", name="Modèles")).to_have_count(0)
    page.get_by_role("button", name="Se déconnecter").click()
    sign_in(page, "admin", running_server.admin_password)
    open_tab(page, "Modèles")
    expect(page.locator("#versions")).to_contain_text("champion")


def test_a_session_that_the_browser_cannot_read_any_more_is_none(page: Page) -> None:
    register(page)
    page.evaluate("localStorage.setItem('rayonnage-session', 'scrambled')")
    page.reload()
    expect(page.locator("#open-sign-in")).to_be_visible()
    page.locator("#propose").click()
    expect(page.locator("#problem")).to_contain_text("Connectez-vous")

"""The whole way of a seller: register, take a listing, see why, sell it, correct it, find it among the recent sales."""

import csv
import io
import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page.conftest import NewContext, find_shelf, open_tab, opened, proposed, register
from ui.example import FOLDER

pytestmark = pytest.mark.e2e


def choose(page: Page, label: str, typed: str) -> None:
    """Pick from a searchable list, by typing."""
    field = page.get_by_label(label, exact=True)
    field.click()
    page.keyboard.type(typed)
    page.keyboard.press("Enter")


def test_a_proposed_product_is_sold_corrected_and_found_in_the_recent_sales(page: Page) -> None:
    register(page)
    page.get_by_role("button", name="Proposer une annonce").click()
    shelf = proposed(page).rsplit(" ", 1)[0].strip()
    written = page.get_by_label("Titre").input_value() or page.get_by_label("Description (facultative)").input_value()
    page.get_by_role("button", name="Mettre en vente").click()
    expect(page.locator("#answer .sold")).to_contain_text("est en vente")
    expect(page.locator("#answer .sold")).to_contain_text("comme proposé")
    expect(page.get_by_label("Titre")).to_have_value("")
    own = page.locator("#own-products li")
    expect(own).to_have_count(1)
    expect(own).to_contain_text(shelf)
    if written:
        expect(own.locator(".title")).to_contain_text(written.split()[0])

    page.get_by_role("button", name="Corriger").click()
    other = "Mobilier de jardin" if "Mobilier" not in shelf else "Papeterie"
    expect(page.locator("#correction")).to_be_visible()
    choose(page, "Rayon choisi", other[:8])
    page.get_by_role("button", name="Enregistrer le rayon").click()
    expect(page.locator("#mine-note")).to_contain_text(other)
    expect(own).to_contain_text(other)
    expect(own).to_contain_text(f"proposé : {shelf}")

    open_tab(page, "Ventes récentes")
    expect(page.locator("#figures")).to_contain_text("F1 pondéré")
    expect(page.locator("#product-table tbody tr").first).to_contain_text(other)
    expect(page.locator("#charts svg.marks")).to_have_count(4)


def test_the_seller_may_choose_another_shelf_than_the_proposed_one(page: Page) -> None:
    register(page)
    assert "Piscine" in find_shelf(page, "Piscine hors-sol ronde avec échelle", FOLDER / "pool.jpg")
    choose(page, "Rayon choisi", "jouets")
    page.get_by_role("button", name="Mettre en vente").click()
    expect(page.locator("#answer .sold")).to_contain_text("Au rayon « Jouets »")
    expect(page.locator("#answer .sold")).to_contain_text("proposait « Piscine")
    expect(page.locator("#own-products img.thumb")).to_have_js_property("naturalWidth", 96)


def test_a_product_is_withdrawn_after_a_question(page: Page) -> None:
    register(page)
    assert find_shelf(page, "Lot de romans policiers")
    page.get_by_role("button", name="Mettre en vente").click()
    expect(page.locator("#own-products li")).to_have_count(1)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Retirer").click()
    expect(page.locator("#own-products li")).to_have_count(1)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Retirer").click()
    expect(page.locator("#mine-note")).to_contain_text("retiré de la vente")
    expect(page.locator("#own-products li")).to_have_count(0)


def test_selling_without_an_account_asks_to_sign_in_and_keeps_the_listing(page: Page) -> None:
    assert find_shelf(page, "Lot de romans policiers")
    page.get_by_role("button", name="Mettre en vente").click()
    expect(page.locator("#sell-problem")).to_contain_text("Connectez-vous")
    expect(page.get_by_label("Titre")).to_have_value("Lot de romans policiers")
    register(page)
    page.get_by_role("button", name="Mettre en vente").click()
    expect(page.locator("#answer .sold")).to_be_visible()


def test_why_marks_the_word_that_counted_and_colours_the_photo(page: Page) -> None:
    assert find_shelf(page, "Grande piscine de luxe", FOLDER / "pool.jpg")
    page.get_by_role("button", name="Pourquoi ?").click()
    reasons = page.locator("#reasons .explanation")
    expect(reasons).to_be_visible()
    marks = reasons.locator("mark.for")
    expect(marks.first).to_be_visible()
    shares = {mark.inner_text(): int(re.findall(r"\d+", mark.get_attribute("style") or "")[0]) for mark in marks.all()}
    assert max(shares, key=shares.__getitem__) == "piscine"
    expect(reasons.locator(".strongest")).to_contain_text("« piscine »")
    for picture in reasons.locator(".heat img").all():
        expect(picture).not_to_have_js_property("naturalWidth", 0)


def test_what_is_written_is_there_again_after_a_reload(page: Page) -> None:
    page.get_by_label("Titre").fill("Commode ancienne en pin")
    page.get_by_label("Description (facultative)").fill("Trois tiroirs")
    page.wait_for_function("localStorage.getItem('rayonnage-draft')?.length > 20")
    page.reload()
    expect(page.get_by_label("Titre")).to_have_value("Commode ancienne en pin")
    expect(page.get_by_label("Description (facultative)")).to_have_value("Trois tiroirs")


def test_recent_sales_are_filtered_and_taken_away_as_a_csv(page: Page) -> None:
    register(page)
    title = "=1+1 Piscine gonflable"
    assert find_shelf(page, title)
    choose(page, "Rayon choisi", "piscine")
    page.get_by_role("button", name="Mettre en vente").click()
    expect(page.locator("#answer .sold")).to_be_visible()
    open_tab(page, "Ventes récentes")
    expect(page.locator("#figures")).to_contain_text("Ventes")
    page.get_by_text("24 heures", exact=True).click()
    choose(page, "Rayon", "piscine")
    rows = page.locator("#product-table tbody tr")
    expect(rows.first).to_contain_text("Piscine gonflable")
    expect(rows.locator("td:nth-child(3)").filter(has_not_text="Piscine")).to_have_count(0)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Télécharger en CSV").click()
    content = saved.value.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    sold = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert {product["prdtypecode"] for product in sold} == {"2583"}
    assert f"'{title}" in {product["designation"] for product in sold}  # no formula to a spreadsheet


@pytest.mark.parametrize("width", [375, 1280])
def test_no_tab_needs_sideways_scrolling(new_context: NewContext, server: str, width: int) -> None:
    page = opened(new_context(width=width, height=780), server)
    register(page)
    for tab in ("Vendre", "Essayer", "Ventes récentes", "Lot"):
        open_tab(page, tab)
        page.wait_for_timeout(400)  # until the tab has drawn itself
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab

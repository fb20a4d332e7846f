"""A listing goes in, its shelf comes out: on the page, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page.conftest import NewContext, find_shelf, open_tab, opened, proposed
from ui.example import EXAMPLES, FOLDER

pytestmark = pytest.mark.e2e


def test_a_title_gives_ranked_shelves_as_bars(page: Page) -> None:
    assert find_shelf(page, "Piscine hors-sol ronde avec échelle et pompe de filtration")
    shares = page.locator("#answer .set + .bars .value, #answer .set .value").all_inner_texts()
    numbers = [int(re.sub(r"\D", "", share)) for share in shares]
    assert len(numbers) >= 3
    assert page.locator("#answer .bars .track i").count() >= 3
    expect(page.locator("#answer .vote.text .weight")).to_be_visible()
    expect(page.locator("#answer .vote.image.off")).to_contain_text("Pas de photo")
    expect(page.locator("#answer .meta")).to_contain_text("Modèle 2")


def test_enter_in_the_title_asks_too(page: Page) -> None:
    page.get_by_label("Titre").fill("Lot de romans policiers")
    page.get_by_label("Titre").press("Enter")
    assert proposed(page)


def test_a_photo_alone_is_answered_by_the_photo(page: Page) -> None:
    page.set_input_files("#photo input[type=file]", FOLDER / "pool.jpg")
    expect(page.locator("#photo img")).to_be_visible()
    page.get_by_role("button", name="Trouver le rayon").click()
    assert proposed(page)
    expect(page.locator("#answer .vote.text.off")).to_contain_text("Pas de texte")
    expect(page.locator("#answer .vote.image .weight")).to_contain_text("100")


def test_title_and_photo_both_vote(page: Page) -> None:
    assert find_shelf(page, "Piscine ronde", FOLDER / "pool.jpg")
    expect(page.locator("#answer .vote .weight")).to_have_count(2)


def test_a_file_that_only_calls_itself_a_photo_gives_a_sentence(page: Page, tmp_path: Path) -> None:
    fake = tmp_path / "photo.jpg"
    fake.write_text("this is text")
    page.get_by_label("Titre").fill("Piscine ronde")
    page.set_input_files("#photo input[type=file]", fake)
    expect(page.locator("#photo img")).to_be_attached()
    page.get_by_role("button", name="Trouver le rayon").click()
    expect(page.get_by_role("alert")).to_contain_text("Cette photo n'a pas été acceptée")
    expect(page.locator("body")).not_to_contain_text("Traceback")


def test_every_example_is_one_click_without_an_account(page: Page) -> None:
    open_tab(page, "Essayer")
    for example in EXAMPLES:
        page.get_by_role("button", name=example.label_fr, exact=True).click()
        expect(page.locator("#explore-answer .listing")).to_contain_text(example.designation)
        assert proposed(page, "#explore-answer")
        for modality, given in (("text", example.designation), ("image", example.photo)):
            card = page.locator(f"#explore-answer .vote.{modality}:{'not(.off)' if given else 'is(.off)'}")
            expect(card).to_be_visible()


def test_an_example_goes_into_the_form_with_its_photo_and_its_answer(page: Page) -> None:
    open_tab(page, "Essayer")
    example = EXAMPLES[0]
    page.get_by_role("button", name=example.label_fr, exact=True).click()
    shelf = proposed(page, "#explore-answer")
    page.get_by_role("button", name="Vendre cette annonce").click()
    expect(page.get_by_label("Titre")).to_have_value(example.designation)
    expect(page.locator("#photo img")).to_be_visible()
    assert proposed(page) == shelf


def test_an_empty_form_gives_a_sentence_and_the_page_says_what_to_do(page: Page) -> None:
    expect(page.locator("#answer")).to_contain_text("Décrivez-le à votre façon")
    page.get_by_role("button", name="Trouver le rayon").click()
    expect(page.get_by_role("alert")).to_contain_text("il faut au moins l'un des deux")


def test_a_problem_takes_the_old_answer_away(page: Page) -> None:
    assert find_shelf(page, "Piscine ronde")
    page.get_by_label("Titre").fill("x" * 60_000)
    page.get_by_role("button", name="Trouver le rayon").click()
    expect(page.get_by_role("alert")).to_contain_text("Ce titre n'a pas été accepté")
    expect(page.locator("#answer .best")).to_have_count(0)


def test_english_is_a_click_away_and_is_remembered(page: Page) -> None:
    french = find_shelf(page, "Piscine ronde")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Find the shelf")).to_be_visible()
    expect(page.locator("#answer .best .kicker")).to_have_text(re.compile("proposed shelf", re.IGNORECASE))
    assert page.get_by_label("Title").input_value() == "Piscine ronde"
    assert french.split()[-1] == proposed(page).split()[-1]  # the same code
    page.reload()
    expect(page.get_by_role("button", name="Find the shelf")).to_be_visible(timeout=30_000)
    assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_answer_without_sideways_scrolling(new_context: NewContext, server: str, scheme: str) -> None:
    page = opened(new_context(width=375, height=780, scheme=scheme), server)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert find_shelf(page, "Piscine ronde hors-sol avec échelle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    expect(page.locator("#answer .best h2")).to_be_in_viewport()
    background = page.evaluate("getComputedStyle(document.querySelector('#answer-panel')).backgroundColor")
    lightness = sum(int(part) for part in re.findall(r"\d+", background)[:3]) / 3
    assert (lightness < 80) is (scheme == "dark")


def test_a_synthetic_model_is_called_so(page: Page) -> None:
    expect(page.locator(".chip.demo")).to_contain_text("annonces synthétiques")

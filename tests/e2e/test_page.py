"""The page in a real browser, on the real server."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ui.example import EXAMPLES, FOLDER

pytestmark = pytest.mark.e2e

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed; `make test` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A reader of French; fails the test where the page asks anything of another address or throws an error."""
    context = browser.new_context(locale="fr-FR", viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    requests: list[str] = []
    errors: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    context.close()
    outside = [url for url in requests if urlsplit(url).hostname not in ("127.0.0.1", None)]
    assert outside == []
    assert errors == []


@pytest.fixture
def page(context: BrowserContext, server: str) -> Page:
    page = context.new_page()
    page.goto(server)
    expect(page.locator(".chip.on")).to_be_visible(timeout=30_000)
    return page


def proposed(page: Page) -> str:
    """The name of the proposed shelf, once it is there."""
    heading = page.locator("#answer .best h2")
    expect(heading).to_be_visible(timeout=30_000)
    return heading.inner_text()


def test_a_title_gives_ranked_shelves_as_bars(page: Page) -> None:
    page.get_by_label("Titre").fill("Piscine hors-sol ronde avec échelle et pompe de filtration")
    page.get_by_role("button", name="Trouver le rayon").click()
    assert proposed(page)
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
    page.get_by_label("Titre").fill("Piscine ronde")
    page.set_input_files("#photo input[type=file]", FOLDER / "pool.jpg")
    expect(page.locator("#photo img")).to_be_visible()
    page.get_by_role("button", name="Trouver le rayon").click()
    assert proposed(page)
    expect(page.locator("#answer .vote .weight")).to_have_count(2)


def test_a_file_that_only_calls_itself_a_photo_gives_a_sentence(page: Page, tmp_path: Path) -> None:
    fake = tmp_path / "photo.jpg"
    fake.write_text("this is text")
    page.get_by_label("Titre").fill("Piscine ronde")
    page.set_input_files("#photo input[type=file]", fake)
    expect(page.locator("#photo img")).to_be_attached()
    page.get_by_role("button", name="Trouver le rayon").click()
    expect(page.get_by_role("alert")).to_contain_text("Cette photo n'a pas été acceptée", timeout=30_000)
    expect(page.locator("body")).not_to_contain_text("Traceback")


def test_every_example_is_one_click(page: Page) -> None:
    for example in EXAMPLES:
        page.get_by_role("button", name=example.label_fr, exact=True).click()
        expect(page.get_by_label("Titre")).to_have_value(example.designation)
        expect(page.locator("#photo img")).to_have_count(1 if example.photo else 0)
        said = [name for name, given in (("text", example.designation), ("image", example.photo)) if given]
        for modality in ("text", "image"):
            card = page.locator(f"#answer .vote.{modality}:{'not(.off)' if modality in said else 'is(.off)'}")
            expect(card).to_be_visible(timeout=30_000)


def test_an_empty_form_gives_a_sentence_and_the_page_says_what_to_do(page: Page) -> None:
    expect(page.locator("#answer")).to_contain_text("choisissez un exemple")
    page.get_by_role("button", name="Trouver le rayon").click()
    expect(page.get_by_role("alert")).to_contain_text("il faut au moins l'un des deux")


def test_a_problem_takes_the_old_answer_away(page: Page) -> None:
    page.locator("#examples button").first.click()
    assert proposed(page)
    page.get_by_label("Titre").fill("x" * 60_000)
    page.get_by_role("button", name="Trouver le rayon").click()
    expect(page.get_by_role("alert")).to_contain_text("Ce titre n'a pas été accepté", timeout=30_000)
    expect(page.locator("#answer .best")).to_have_count(0)


def test_english_is_a_click_away_and_is_remembered(page: Page) -> None:
    page.get_by_label("Titre").fill("Piscine ronde")
    page.get_by_role("button", name="Trouver le rayon").click()
    french = proposed(page)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Find the shelf")).to_be_visible()
    expect(page.locator("#answer .best .kicker")).to_have_text(re.compile("proposed shelf", re.IGNORECASE))
    assert page.get_by_label("Title").input_value() == "Piscine ronde"
    assert french.split()[-1] == proposed(page).split()[-1]  # the same code
    page.reload()
    expect(page.get_by_role("button", name="Find the shelf")).to_be_visible(timeout=30_000)
    assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_without_sideways_scrolling(browser: Browser, server: str, scheme: str) -> None:
    dark = scheme == "dark"
    context = browser.new_context(
        locale="fr-FR",
        viewport={"width": 375, "height": 780},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(server)
    expect(page.locator(".chip.on")).to_be_visible(timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.locator("#examples button").first.click()
    assert proposed(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    expect(page.locator("#answer .best h2")).to_be_in_viewport()
    background = page.evaluate("getComputedStyle(document.querySelector('#answer')).backgroundColor")
    lightness = sum(int(part) for part in re.findall(r"\d+", background)[:3]) / 3
    assert (lightness < 80) is dark
    context.close()


def test_a_synthetic_model_is_called_so(page: Page) -> None:
    expect(page.locator(".chip.demo")).to_contain_text("annonces synthétiques")

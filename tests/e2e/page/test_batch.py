"""A file of listings goes in, with a broken row and a photo that is none; everything else comes out."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page.conftest import open_tab, register
from ui.example import FOLDER

pytestmark = pytest.mark.e2e


@pytest.fixture
def batch(page: Page) -> Page:
    """The tab, with somebody signed in."""
    register(page)
    open_tab(page, "Lot")
    return page


def start(page: Page, table: Path, photos: Path | None = None) -> None:
    page.set_input_files("#batch-file input[type=file]", table)
    expect(page.locator("#batch-file")).to_contain_text(table.stem)
    if photos:
        page.set_input_files("#batch-photos input[type=file]", photos)
        expect(page.locator("#batch-photos")).to_contain_text(photos.stem)
    page.get_by_role("button", name="Classer les annonces").click()


def test_a_broken_row_is_named_and_the_others_are_sorted_the_least_sure_first(batch: Page, tmp_path: Path) -> None:
    table = tmp_path / "annonces.csv"
    rows = ["Piscine ronde hors-sol;avec échelle;pool.jpg", ";;", "truc;;", "Lampe;a;b;c;d", "Train en bois;;TRAIN.JPG"]
    rows += ["Manette;;absente.jpg", ";;faux.jpg", "Roman policier;;faux.jpg"]
    table.write_bytes("\r\n".join(["Titre;Description;Photo", *rows]).encode("cp1252"))
    photos = tmp_path / "photos.zip"
    with zipfile.ZipFile(photos, "w") as archive:
        archive.write(FOLDER / "pool.jpg", "photos/pool.jpg")
        archive.write(FOLDER / "train.jpg", "photos/train.jpg")
        archive.writestr("faux.jpg", b"this is no photo")
        archive.writestr("__MACOSX/._pool.jpg", b"not this one")
        archive.writestr("personne.jpg", b"nobody asks for it")
    start(batch, table, photos)

    results = batch.locator("#batch-results")
    expect(results).to_contain_text("Annonces classées : 5", timeout=60_000)
    expect(results.locator(".aside li")).to_have_count(3)
    for line in (3, 5, 8):
        expect(results.locator(".aside")).to_contain_text(f"Ligne {line}")
    expect(results).to_contain_text("nulle ligne ne nomme : 1")
    rows_shown = results.locator("tbody tr")
    expect(rows_shown).to_have_count(5)
    shares = [
        int("".join(filter(str.isdigit, cell))) for cell in rows_shown.locator("td:nth-child(4)").all_inner_texts()
    ]
    assert shares == sorted(shares)
    expect(results.locator("tr", has_text="Manette")).to_contain_text("introuvable")

    with batch.expect_download() as saved:
        batch.get_by_role("button", name="Télécharger les résultats").click()
    lines = list(csv.DictReader(io.StringIO(saved.value.path().read_text(encoding="utf-8-sig"))))
    assert [int(line["line"]) for line in lines] == list(range(2, 10))
    by_line = {int(line["line"]): line for line in lines}
    assert by_line[2]["prdtypecode"] == "2583"
    assert by_line[3]["prdtypecode"] == ""
    assert "neither" in by_line[3]["note"]
    assert by_line[9]["prdtypecode"]  # its photo is no photo, its title is enough
    assert by_line[9]["note"]


def test_rakutens_own_file_is_sorted_as_it_is(batch: Page, tmp_path: Path) -> None:
    table = tmp_path / "X_test_update.csv"
    rows = [f"{84916 + n},Piscine ronde {n} m,,38{n},126{n}" for n in range(70)]
    table.write_text("\n".join([",designation,description,productid,imageid", *rows]) + "\n", encoding="utf-8")
    start(batch, table)
    expect(batch.locator("#batch-results")).to_contain_text("Annonces classées : 70", timeout=60_000)


def test_a_file_without_titles_and_a_zip_that_is_none_give_sentences(batch: Page, tmp_path: Path) -> None:
    batch.get_by_role("button", name="Classer les annonces").click()
    expect(batch.locator("#batch-problem")).to_contain_text("Choisissez d'abord")
    table = tmp_path / "autre.csv"
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    start(batch, table)
    expect(batch.locator("#batch-problem")).to_contain_text("n'a pas pu être lu")
    expect(batch.locator("#batch-problem")).to_contain_text("none of the columns")
    expect(batch.locator("body")).not_to_contain_text("Traceback")


def test_a_batch_needs_an_account(page: Page, tmp_path: Path) -> None:
    open_tab(page, "Lot")
    table = tmp_path / "annonces.csv"
    table.write_text("titre\nPiscine\n", encoding="utf-8")
    start(page, table)
    expect(page.locator("#batch-problem")).to_contain_text("Connectez-vous")

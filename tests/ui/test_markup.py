"""What comes from outside is shown as text, whatever it holds; numbers are shown as they are."""

import base64
import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from ui.batch import Sorted
from ui.markup.batch import progress_html, results_html, summary_html
from ui.markup.explanation import explanation_html, heat_url
from ui.markup.header import account_html
from ui.markup.models import comparison_html, links_html, training_html, trainings_html, versions_html
from ui.markup.product import own_products_html, product_table_html, sold_html
from ui.markup.sales import figures_html
from ui.record import (
    Category,
    Explanation,
    FileIssue,
    FileListing,
    ImageExplanation,
    Links,
    Model,
    Product,
    TextExplanation,
    Training,
    Word,
)
from ui.sales_record import Acceptance, Coverage, Drift, RecentSales
from ui.texts.english import ENGLISH
from ui.texts.french import FRENCH
from ui.visit import Session

HOSTILE = "<img src=x onerror=alert(1)>'\""
NOW = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
NAMES = {10: Category(prdtypecode=10, name_fr=HOSTILE, name_en=HOSTILE)}


def product(**changes: object) -> Product:
    known = Product(
        id="a1",
        designation="Piscine",
        description="",
        prdtypecode=2583,
        name_fr="Piscine et accessoires",
        name_en="Pools",
        predicted_prdtypecode=10,
        predicted_probability=0.93,
        version="1",
        created_at=NOW,
        updated_at=NOW,
    )
    return known.model_copy(update=changes)


def model(version: str, f1: float, *, champion: bool = False) -> Model:
    metrics = {part: {"weighted_f1": f1, "macro_f1": f1, "accuracy": f1} for part in ("text", "fusion")}
    return Model(version=version, champion=champion, serving=champion, created=NOW, rows=18_000, metrics=metrics)


def training(**changes: object) -> Training:
    known = Training(id="t", mode="small", state="running", stage="train e5", percent=41.5, created_at=NOW)
    return known.model_copy(update=changes)


def hostile_pages() -> list[str]:
    """Everything that shows what others wrote, with something hostile in every place."""
    bad = product(id=HOSTILE, designation=HOSTILE, name_fr=HOSTILE)
    words = [
        Word(field="designation", start=0, end=4, weight=1.0),
        Word(field="designation", start=5, end=9, weight=-1),
    ]
    text = TextExplanation(prdtypecode=10, probability=0.9, designation=HOSTILE, description="", words=words)
    image = ImageExplanation(prdtypecode=10, probability=0.4, heat=[[1.0, 0.0], [0.5, -1.0]])
    listing = FileListing(line=2, designation=HOSTILE, image=HOSTILE)
    session = Session(access_token="a", refresh_token="b", username=HOSTILE, role="admin")
    broken = model(HOSTILE, 0.5).model_copy(update={"error": HOSTILE, "experts": {"text": [HOSTILE]}})
    ended = training(state="failed", stage=HOSTILE, detail=HOSTILE, log=HOSTILE, version=HOSTILE)
    return [
        sold_html(bad, NAMES, FRENCH),
        own_products_html([bad], {}, NAMES, FRENCH),
        product_table_html([bad], {}, NAMES, FRENCH),
        explanation_html(Explanation(text=text, image=image), HOSTILE, NAMES, FRENCH),
        summary_html([Sorted(listing, None, HOSTILE)], [FileIssue(line=3, reason=HOSTILE)], [HOSTILE], FRENCH),
        account_html(session, FRENCH),
        versions_html([broken], FRENCH),
        comparison_html(broken, model("2", 0.6, champion=True), FRENCH),
        training_html(ended, FRENCH),
        trainings_html([ended], FRENCH),
        links_html(Links(mlflow=f"https://x/{HOSTILE}"), FRENCH),
    ]


@pytest.mark.parametrize("html", hostile_pages())
def test_nothing_from_outside_becomes_markup(html: str) -> None:
    assert "<img src=x" not in html
    assert "'\"" not in html


def test_entities_that_shops_write_are_read_by_people() -> None:
    assert "Réfrigérateur" in own_products_html([product(designation="R&eacute;frig&eacute;rateur")], {}, {}, FRENCH)


def test_the_loudest_word_is_marked_most_and_faint_ones_not_at_all() -> None:
    written = "Grande piscine en bois"
    words = [
        Word(field="designation", start=0, end=6, weight=-0.5),
        Word(field="designation", start=7, end=14, weight=2.0),
        Word(field="designation", start=15, end=17, weight=0.01),
        Word(field="designation", start=18, end=22, weight=1.0),
    ]
    text = TextExplanation(prdtypecode=10, probability=0.9, designation=written, description="", words=words)
    html = explanation_html(Explanation(text=text), "", NAMES, ENGLISH)
    assert '<mark class="for" style="--share:100%">piscine</mark>' in html
    assert '<mark class="for" style="--share:50%">bois</mark>' in html
    assert '<mark class="against" style="--share:25%">Grande</mark>' in html
    assert ">en</mark>" not in html
    assert "« piscine », « bois »" in html
    assert ENGLISH.explaining.no_photo in html


def test_the_heat_is_strongest_where_the_weight_is() -> None:
    url = heat_url([[0.0, 0.0, 0.0], [0.0, 0.0, 2.0]])
    layer = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    assert layer.mode == "RGBA"
    assert layer.width > layer.height
    alpha = layer.getchannel("A")
    assert alpha.getpixel((layer.width - 5, layer.height - 5)) > 150
    assert alpha.getpixel((5, 5)) == 0
    assert heat_url([[-1.0, -2.0]])  # nothing speaks for it: no colour, and no error


def test_figures_say_what_to_do_where_nothing_was_sold() -> None:
    sales = RecentSales(
        rows=0,
        since=None,
        until=None,
        weighted_f1=None,
        macro_f1=None,
        accuracy=None,
        interval=None,
        acceptance=Acceptance(rate=None, rows=0),
        coverage=Coverage(threshold=0.8, share=None, accuracy=None),
    )
    assert "Vendre" in figures_html(sales, FRENCH, narrowed=False)
    assert "widen" in figures_html(sales, ENGLISH, narrowed=True)


@pytest.mark.parametrize(
    ("index", "said"), [(0.02, "stable"), (0.5, "les rayons bougent"), (None, "il faut 100 ventes")]
)
def test_drift_is_judged_by_what_chance_would_do(index: float | None, said: str) -> None:
    drift = Drift(
        population_stability_index=index,
        by_chance=None if index is None else 0.08,
        rows=150,
        rows_before=20,
        rows_needed=100,
    )
    sales = RecentSales(
        rows=150,
        since=None,
        until=None,
        weighted_f1=0.8,
        macro_f1=0.8,
        accuracy=0.8,
        interval=(0.7, 0.9),
        acceptance=Acceptance(rate=0.8, rows=150),
        coverage=Coverage(threshold=0.8, share=0.7, accuracy=None),
        drift=drift,
    )
    assert said in figures_html(sales, FRENCH, narrowed=False)


def test_a_challenger_is_compared_part_by_part() -> None:
    html = comparison_html(model("2", 0.9), model("1", 0.87, champion=True), FRENCH)
    assert "2 face au champion 1" in html
    assert "+0,030" in html
    assert "Photo :" not in html  # neither was measured by photo


def test_a_training_shows_how_far_it_is_and_how_long_it_took() -> None:
    assert 'value="41.5"' in training_html(training(log="10:15 export"), FRENCH)
    ended = training(state="succeeded", started_at=NOW, ended_at=NOW + timedelta(seconds=42))
    assert "42 s" in trainings_html([ended], FRENCH)


def test_a_batch_without_answers_has_no_table_and_a_bar_without_listings_is_no_error() -> None:
    assert results_html([], FRENCH) == ""
    assert 'max="1"' in progress_html(0, 0, FRENCH)

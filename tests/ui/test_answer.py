"""The answer's HTML and the page's words."""

import dataclasses
import pickle
import re

import pytest

from ui.error import (
    ApiBusy,
    ApiDown,
    ApiError,
    ApiFault,
    ApiSlow,
    Conflict,
    ListingRefused,
    NotAllowed,
    NotThere,
    Refused,
    SignInNeeded,
)
from ui.example import EXAMPLES, FOLDER
from ui.markup.answer import answer_html
from ui.markup.header import status_html
from ui.markup.part import problem_html
from ui.record import Category, CategorySet, Modality, Prediction, RankedCategory, Served, Vote, VotedCategory
from ui.texts.english import ENGLISH
from ui.texts.french import FRENCH
from ui.texts.language import texts_in
from ui.texts.shape import Texts


def prediction(*probabilities: float, kept: int = 1, **changes: object) -> Prediction:
    """An answer over categories 10, 20, …; the first `kept` are the conformal set."""
    categories = [
        RankedCategory(prdtypecode=10 * (i + 1), name_fr=f"Rayon {i}", name_en=f"Shelf {i}", probability=probability)
        for i, probability in enumerate(probabilities)
    ]
    vote = Vote(weight=0.7, categories=[VotedCategory(prdtypecode=10, probability=0.5)])
    votes: dict[Modality, Vote | None] = {"text": vote, "image": None}
    answer = Prediction(
        **categories[0].model_dump(),
        categories=categories,
        category_set=CategorySet(coverage=0.95, measured=0.96, prdtypecodes=[c.prdtypecode for c in categories[:kept]]),
        votes=votes,
        absent=["image"],
        version="20261125-101500-3f2a",
        elapsed_ms=8.43,
    )
    return answer.model_copy(update=changes)


def served(*, down: list[Modality] | None = None, ready: bool = True, synthetic: bool = False) -> Served:
    shelf = Category(prdtypecode=10, name_fr="Livres d'occasion", name_en="Used books")
    return Served(
        version="1",
        categories=[shelf],
        modalities=["text", "image"],
        down=down or [],
        ready=ready,
        synthetic=synthetic,
    )


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_shelves_are_listed_highest_first_with_their_probability() -> None:
    shown = words(answer_html(prediction(0.62, 0.24, 0.1, 0.04), None, FRENCH))
    places = [shown.index(f"Rayon {i} {p}") for i, p in enumerate(["62 %", "24 %", "10 %", "4 %"]) if i]
    assert places == sorted(places)


def test_the_conformal_set_says_how_many_and_how_often() -> None:
    assert "L'un de ces 3 rayons, 95 % du temps" in words(
        answer_html(prediction(0.5, 0.3, 0.1, 0.1, kept=3), None, FRENCH)
    ).replace("&#x27;", "'")
    assert "This one, 95% of the time" in words(answer_html(prediction(0.9, 0.1), None, ENGLISH))


@pytest.mark.parametrize(("measured", "claimed"), [(0.91, "91 %"), (0.98, "95 %")])
def test_a_promise_that_did_not_hold_gives_way_to_the_measured_figure(measured: float, claimed: str) -> None:
    kept = CategorySet(coverage=0.95, measured=measured, prdtypecodes=[10])
    shown = words(answer_html(prediction(0.9, 0.1, category_set=kept), None, FRENCH))
    assert f"{claimed} du temps" in shown
    assert f"mesuré : {measured * 100:.0f} %" in shown


def test_no_promise_is_made_where_the_bundle_makes_none() -> None:
    answer = prediction(0.9, 0.1, category_set=CategorySet(coverage=None, prdtypecodes=[]))
    assert "promise" not in answer_html(answer, served(), FRENCH)


def test_a_synthetic_model_says_so_twice() -> None:
    assert "annonces synthétiques" in status_html(served(synthetic=True), FRENCH)
    assert "annonces synthétiques" in answer_html(prediction(0.9, 0.1), served(synthetic=True), FRENCH)
    assert "synthétiques" not in status_html(served(), FRENCH)


def test_a_part_that_was_not_sent_and_one_that_was_not_used_read_differently() -> None:
    absent = answer_html(prediction(0.9, 0.1), None, FRENCH)
    degraded = answer_html(prediction(0.9, 0.1, absent=[], degraded=["image"]), None, FRENCH)
    assert FRENCH.absent["image"] in words(absent)
    assert "prise en compte cette fois" in degraded
    assert "prise en compte cette fois" not in absent


def test_a_model_that_restarts_is_told_apart_from_one_of_its_parts() -> None:
    assert FRENCH.not_ready in status_html(None, FRENCH)
    assert FRENCH.not_ready in status_html(served(ready=False), FRENCH)
    assert FRENCH.partly_down["image"] in status_html(served(down=["image"]), FRENCH)


def test_names_from_outside_cannot_write_html() -> None:
    hostile = "<script>alert(1)</script>"
    answer = prediction(0.9, 0.1, name_fr=hostile, version=hostile)
    answer.categories[0].name_fr = hostile
    assert "<script" not in answer_html(answer, None, FRENCH)
    assert "<script" not in problem_html("Cette annonce n'a pas été acceptée.", detail=hostile)


@pytest.mark.parametrize(
    ("share", "french", "english"),
    [
        (0.0, "0 %", "0%"),
        (0.004, "< 1 %", "< 1%"),
        (0.936, "94 %", "94%"),
        (0.998, "> 99 %", "> 99%"),
        (1, "100 %", "100%"),
    ],
)
def test_a_share_is_never_rounded_to_certainty(share: float, french: str, english: str) -> None:
    assert FRENCH.percent(share).replace("\N{NARROW NO-BREAK SPACE}", " ") == french
    assert ENGLISH.percent(share).replace("\N{NARROW NO-BREAK SPACE}", " ") == english


@pytest.mark.parametrize("texts", [FRENCH, ENGLISH])
def test_every_error_is_a_sentence(texts: Texts) -> None:
    refusals = [ListingRefused("is bad", field, 422) for field in ("designation", "description", "image", "body", None)]
    others = [NotAllowed("only admins"), NotThere(404), Refused("is taken", "username", 422), Conflict("no", None, 409)]
    errors: list[ApiError] = [ApiDown(), ApiSlow(), ApiBusy(), SignInNeeded(), ApiFault(500), *others, *refusals]
    for error in errors:
        assert texts.sentence(error).endswith(".")


def test_errors_survive_pickling() -> None:
    kinds = [ListingRefused, Conflict, Refused]
    errors = [ApiFault(500), NotThere(404, "no such product"), NotAllowed("only admins"), ApiDown()]
    for error in (*(kind("is bad", "image", 422) for kind in kinds), *errors, ApiBusy("slow down", 1.5)):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def sentences(texts: object, path: str = "") -> dict[str, str]:
    """Every text by the path of its name."""
    if isinstance(texts, str):
        return {path: texts}
    if isinstance(texts, dict):
        named = texts.items()
    elif dataclasses.is_dataclass(texts):
        named = ((field.name, getattr(texts, field.name)) for field in dataclasses.fields(texts))
    else:
        return {}
    return {key: text for name, value in named for key, text in sentences(value, f"{path}.{name}").items()}


def test_both_languages_say_the_same_things_and_fill_in_the_same_blanks() -> None:
    french, english = sentences(FRENCH), sentences(ENGLISH)
    assert french.keys() == english.keys()
    for name, text in french.items():
        assert text.strip(), name
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[name])), name


def test_a_language_nobody_knows_is_french() -> None:
    assert [texts_in(code).language for code in ("en", "fr", "de", None)] == ["en", "fr", "fr", "fr"]


def test_every_shelf_of_rakuten_has_one_example_with_a_picture() -> None:
    assert len({example.prdtypecode for example in EXAMPLES}) == len(EXAMPLES) == 27
    for example in EXAMPLES:
        assert example.designation or example.photo
        assert (FOLDER / example.picture).is_file()
    pictures = {path.name for path in FOLDER.glob("*.jpg")}
    assert pictures == {example.picture for example in EXAMPLES} | {"words.jpg"}

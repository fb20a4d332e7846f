"""Taking a word out or covering a part of a photo shows what a vote rests on."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from bundle.explain import (
    DESCRIPTION_CHARS,
    FEWEST_TEXT_VARIANTS,
    MOST_CHARACTERS,
    MOST_TEXT_VARIANTS,
    Grid,
    Words,
    covered,
    text_read,
    weights,
    without,
    words_of,
)
from bundle.fusion import Fusion
from bundle.image import IMAGE_PX, SquaredPhoto, photo_area, prepare_photo
from bundle.predictor import Predictor
from bundle.text import CleanText, prepare_text
from datasets.listing import Listing


@pytest.fixture(scope="module")
def predictor(tiny_bundle: Path) -> Predictor:
    return Predictor.open(tiny_bundle, threads=1)


def words_shown(text: CleanText) -> list[str]:
    return [written(text, words) for words in words_of(text)]


def written(text: CleanText, words: Words) -> str:
    return (text.designation if words.field == "designation" else text.description)[words.start : words.end]


def squared(size: tuple[int, int], thing: tuple[int, int, int, int]) -> SquaredPhoto:
    """A white photo with a red ball in a box of it."""
    photo = Image.new("RGB", size, "white")
    ImageDraw.Draw(photo).ellipse(thing, fill="crimson")
    buffer = BytesIO()
    photo.save(buffer, "PNG")
    return prepare_photo(buffer.getvalue())


def word_weights(predictor: Predictor, text: CleanText) -> dict[str, float]:
    """Weight of each word for the text's first category."""
    fusion = Fusion(predictor.manifest)
    (whole,) = fusion.vote("text", predictor.text_votes([text]))
    words = words_of(text)
    votes = fusion.vote("text", predictor.text_votes([without(text, one) for one in words]))
    first = whole.argmax()
    return dict(zip(words_shown(text), weights(whole[first], votes[:, first]).tolist(), strict=True))


def heat(predictor: Predictor, photo: SquaredPhoto) -> np.ndarray:
    fusion = Fusion(predictor.manifest)
    (whole,) = fusion.vote("image", predictor.image_votes(photo.pixels[None]))
    grid = Grid.over(photo.area)
    votes = fusion.vote("image", predictor.image_votes(covered(photo, grid.patches)))
    first = whole.argmax()
    return weights(whole[first], votes[:, first]).reshape(grid.rows, grid.columns)


def test_words_stand_in_reading_order_without_the_marks_around_them() -> None:
    text = CleanText("Piscine (ronde) – 3,66 m : l'eau & le filtre !", "Sous 24h.")
    assert words_shown(text) == ["Piscine", "ronde", "3,66", "m", "l'eau", "le", "filtre", "Sous", "24h"]


def test_a_word_is_taken_out_with_its_marks_and_one_space() -> None:
    text = CleanText("- Piscine (ronde) – bleue", "Neuve.")
    assert [without(text, words) for words in words_of(text)] == [
        CleanText("(ronde) – bleue", "Neuve."),
        CleanText("- Piscine bleue", "Neuve."),
        CleanText("- Piscine (ronde) –", "Neuve."),
        CleanText("- Piscine (ronde) – bleue", ""),
    ]


@pytest.mark.parametrize(
    ("title", "shown"), [("😀 🏊‍♀️", ["😀", "🏊‍♀️"]), ("!!! ???", ["!!! ???"]), ("日本のおもちゃ", ["日本のおもちゃ"])]
)
def test_an_unusual_title_has_words_too(title: str, shown: list[str]) -> None:
    assert words_shown(CleanText(title, "")) == shown


def test_nothing_is_left_of_a_text_of_one_word() -> None:
    for text in (CleanText("« Piscine »", ""), CleanText("", "Piscine.")):
        (only,) = words_of(text)
        assert without(text, only) == CleanText("", "")
        assert written(text, only) == "Piscine"


def test_markup_is_no_word_and_offsets_count_in_the_clean_text() -> None:
    text = prepare_text(Listing("<b>Piscine</b> &amp; pompe", "<p>Mont&eacute;e<br>en 30 min</p>"))
    assert words_shown(text) == ["Piscine", "pompe", "Montée", "en", "30", "min"]


@pytest.mark.parametrize("title_words", [1, 12, 40, 3000])
@pytest.mark.parametrize("description_words", [0, 20, 5000])
def test_long_texts_are_taken_apart_in_groups_that_leave_nothing_out(title_words: int, description_words: int) -> None:
    text = text_read(CleanText(" ".join(["mot"] * title_words), " ".join(["mots"] * description_words)))
    words = words_of(text)
    assert len(text.description) <= DESCRIPTION_CHARS
    assert len(words) <= MOST_TEXT_VARIANTS
    for field, whole in (("designation", text.designation), ("description", text.description)):
        pieces = [whole[one.cut_start : one.cut_end] for one in words if one.field == field]
        assert " ".join(pieces) == whole.rstrip()
    if title_words <= 12:
        assert sum(one.field == "designation" for one in words) == title_words


def test_a_very_long_title_is_taken_apart_coarsely() -> None:
    for characters in (2000, 20_000, 200_000):
        text = CleanText(("piscine gonflable bleue " * (characters // 20))[:characters].strip(), "")
        count = len(words_of(text))
        assert count >= FEWEST_TEXT_VARIANTS
        assert count * len(text.designation) <= MOST_CHARACTERS or count == FEWEST_TEXT_VARIANTS


def test_weights_are_finite_and_positive_where_the_vote_falls() -> None:
    assert np.isfinite(weights(1.0, np.array([0.0, 1.0, 0.5]))).all()
    falls, same, rises = weights(0.5, np.array([0.2, 0.5, 0.9]))
    assert falls == pytest.approx(np.log(4))
    assert same == pytest.approx(0)
    assert rises == pytest.approx(-np.log(9))


@pytest.mark.parametrize(
    ("title", "carries"),
    [
        ("Grande piscine de qualité supérieure", "piscine"),
        ("Superbe peluche grise à offrir", "peluche"),
        ("Vends roman jamais ouvert", "roman"),
    ],
)
def test_the_word_that_carries_a_title_has_the_greatest_weight(predictor: Predictor, title: str, carries: str) -> None:
    found = word_weights(predictor, CleanText(title, ""))
    assert max(found, key=lambda word: found[word]) == carries
    assert found[carries] > 0


def test_a_word_of_another_shelf_speaks_against(predictor: Predictor) -> None:
    found = word_weights(predictor, CleanText("piscine gonflable pompe de filtration peluche", ""))
    assert found["peluche"] < 0 < found["piscine"]


@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [
        ((224, 224), 7, 7),
        ((400, 300), 5, 7),
        ((300, 400), 7, 5),
        ((1000, 30), 1, 7),
        ((30, 1000), 7, 1),
        ((1, 1), 7, 7),
    ],
)
def test_a_grid_has_the_shape_of_its_photo_and_covers_it_whole(size: tuple[int, int], rows: int, columns: int) -> None:
    area = photo_area(*size)
    grid = Grid.over(area)
    assert (grid.rows, grid.columns) == (rows, columns)
    assert len(grid.patches) == rows * columns
    seen = np.zeros((IMAGE_PX, IMAGE_PX), int)
    for patch in grid.patches:
        seen[patch.top : patch.bottom, patch.left : patch.right] += 1
    inside = np.zeros_like(seen, bool)
    inside[area.top : area.bottom, area.left : area.right] = True
    assert (seen[inside] >= 1).all()
    assert not seen[~inside].any()


def test_a_patch_has_the_mean_colour_and_the_rest_of_the_photo_stays() -> None:
    photo = squared((300, 150), (0, 0, 150, 150))
    grid = Grid.over(photo.area)
    variants = covered(photo, grid.patches)
    left, top, right, bottom = photo.area
    mean = photo.pixels[top:bottom, left:right].reshape(-1, 3).mean(axis=0)
    for variant, patch in zip(variants, grid.patches, strict=True):
        inside = variant[patch.top : patch.bottom, patch.left : patch.right]
        assert np.abs(inside - mean).max() <= 0.5
        changed = (variant != photo.pixels).any(axis=2)
        changed[patch.top : patch.bottom, patch.left : patch.right] = False
        assert not changed.any()


@pytest.mark.parametrize(
    ("size", "thing"),
    [((400, 200), (20, 20, 180, 180)), ((400, 200), (220, 20, 380, 180)), ((200, 400), (20, 220, 180, 380))],
)
def test_covering_the_thing_lowers_the_vote_more_than_covering_the_background(
    predictor: Predictor, size: tuple[int, int], thing: tuple[int, int, int, int]
) -> None:
    found = heat(predictor, squared(size, thing))
    rows, columns = found.shape
    hottest = np.unravel_index(found.argmax(), found.shape)
    across, down = (hottest[1] + 0.5) / columns * size[0], (hottest[0] + 0.5) / rows * size[1]
    assert thing[0] <= across <= thing[2]
    assert thing[1] <= down <= thing[3]
    on_thing = np.zeros(found.shape, bool)
    on_thing[
        int(thing[1] / size[1] * rows) : round(thing[3] / size[1] * rows),
        int(thing[0] / size[0] * columns) : round(thing[2] / size[0] * columns),
    ] = True
    assert found[on_thing].mean() > found[~on_thing].mean()


def test_a_photo_of_one_colour_says_the_same_everywhere(predictor: Predictor) -> None:
    buffer = BytesIO()
    Image.new("RGB", (300, 200), "navy").save(buffer, "PNG")
    np.testing.assert_allclose(heat(predictor, prepare_photo(buffer.getvalue())), 0, atol=1e-5)

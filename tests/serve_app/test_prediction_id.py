"""Prediction ids: what was signed is read again, and nothing else is."""

import base64
import time

import numpy as np
import pytest

from serve_app import prediction_id as module
from serve_app.error import RequestError
from serve_app.listing_fields import ListingFields
from serve_app.prediction_id import MOST_CATEGORIES, Predicted, PredictionIds, content_of

KEY = b"k" * 64
PREDICTED = Predicted("20261125-101500-3f2a", {2583: float(np.float32(0.9)), 10: float(np.float32(0.1)), -5: 0.0})
CONTENT = content_of(ListingFields(designation="Piscine"), b"photo")


def test_what_was_signed_is_read_again() -> None:
    seen = PredictionIds(KEY).read(PredictionIds(KEY).sign(PREDICTED, CONTENT))
    assert (seen.predicted, seen.content) == (PREDICTED, CONTENT)
    assert list(seen.predicted.probabilities) == [2583, 10, -5]
    assert abs(seen.made_s - time.time()) < 5
    seen.check_fresh()


def test_many_categories_keep_the_first(version: str = "v" * 64) -> None:
    probabilities = {code: float(np.float32(1 / (2 + code))) for code in range(500)}
    seen = PredictionIds(KEY).read(PredictionIds(KEY).sign(Predicted(version, probabilities), CONTENT))
    assert list(seen.predicted.probabilities) == list(range(MOST_CATEGORIES))
    assert seen.predicted.version == version


def test_every_changed_bit_is_noticed() -> None:
    ids = PredictionIds(KEY)
    signed = base64.urlsafe_b64decode(ids.sign(PREDICTED, CONTENT) + "==")
    for place in range(len(signed)):
        changed = bytearray(signed)
        changed[place] ^= 1 << (place % 8)
        with pytest.raises(RequestError, match="not known") as caught:
            ids.read(base64.urlsafe_b64encode(changed).decode())
        assert (caught.value.field, caught.value.status_code) == ("prediction_id", 422)


@pytest.mark.parametrize(
    "text", ["", "x", "é", "\ud800", "AAAA", "A" * 515, "=" * 40, "b8c1f0c2a7f94c1c8f6f6f0f1c9a2d3e"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="leave it out"):
        PredictionIds(KEY).read(text)


def test_an_id_of_another_server_is_refused() -> None:
    with pytest.raises(RequestError, match="not known"):
        PredictionIds(KEY).read(PredictionIds(b"x" * 64).sign(PREDICTED, CONTENT))


def test_an_id_is_good_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = PredictionIds(KEY)
    seen = ids.read(ids.sign(PREDICTED, CONTENT))
    moment = time.time()
    monkeypatch.setattr(module.time, "time", lambda: moment + 24 * 3600 - 5)
    seen.check_fresh()
    monkeypatch.setattr(module.time, "time", lambda: moment + 24 * 3600 + 5)
    with pytest.raises(RequestError, match="24 hours"):
        seen.check_fresh()


def test_the_same_words_and_photo_are_the_same_content() -> None:
    def content(designation: str, description: str = "", photo: bytes | None = None) -> bytes:
        return content_of(ListingFields(designation=designation, description=description), photo)

    assert content("Piscine  ronde\r\n", " 3 m") == content("Piscine ronde", "3 m")
    different = [
        content("a"), content("b"), content("", "a"), content("a", "a"), content("aa"), content("a", photo=b"p"),
        content("", photo=b"ap"), content("", photo=b"p"), content(""), content("", photo=b"q"), content("A"),
    ]  # fmt: skip
    assert len(set(different)) == len(different)

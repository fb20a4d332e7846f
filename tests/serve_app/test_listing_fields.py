"""What is wrong with a listing's fields, in words that name the field."""

import base64
import json

import pytest

from serve_app.error import RequestError
from serve_app.listing_fields import ListingFields, read_base64, read_fields

PHOTO = bytes(range(256)) * 3


def refusal(given: bytes) -> RequestError:
    with pytest.raises(RequestError) as caught:
        read_fields(given, ListingFields, text_max_chars=20_000)
    return caught.value


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        (b'{"designation":"a\\u0000b"}', "designation", "U+0000"),
        (b'{"designation":"\\u0007"}', "designation", "U+0007"),
        (b'{"description":"\\u001f"}', "description", "U+001F"),
        (b'{"designation":"\\ud800"}', "body", "not valid JSON"),
        (b"\xff\xd8\xff\xe0", "body", "not valid JSON"),
        (b"", "body", "not valid JSON"),
        (b"[]", "body", "not a JSON object"),
        (b"null", "body", "not a JSON object"),
        (b'{"top_k":NaN}', "top_k", "finite"),
        (b'{"top_k":true}', "top_k", "whole number"),
        (b'{"top_k":"5"}', "top_k", "whole number"),
        (b'{"top_k":0}', "top_k", "1"),
        (b'{"top_k":1001}', "top_k", "1000"),
        (b'{"top_k":5.5}', "top_k", "integer"),
        (b'{"designation":5}', "designation", "string"),
        (b'{"designation":["x"]}', "designation", "string"),
        (b'{"explain":1}', "explain", "true nor false"),
        (b'{"titre":"x"}', "titre", "no field"),
        (b'{"designation":' + b"[" * 1000 + b"]" * 1000 + b"}", "body", "recursion"),
        (json.dumps({"description": "a" * 50_000}).encode(), "description", "20,000"),
    ],
)
def test_a_wrong_field_is_refused_by_name(body: bytes, field: str, said: str) -> None:
    error = refusal(body)
    assert (error.field, error.status_code) == (field, 422)
    assert said in error.reason


@pytest.mark.parametrize("title", ["NA", "1984", "null", "Été &eacute;\t\n", "😀", "\u200b\xa0", "日本"])
def test_an_unusual_title_is_taken_as_it_is(title: str) -> None:
    body = json.dumps({"designation": title, "description": None}).encode()
    assert read_fields(body, ListingFields, text_max_chars=100).designation == title


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(PHOTO).decode(),
        base64.urlsafe_b64encode(PHOTO).decode(),
        base64.encodebytes(PHOTO).decode(),
        base64.b64encode(PHOTO).decode().rstrip("="),
        "data:image/png;base64," + base64.b64encode(PHOTO).decode(),
        " data:image/jpeg;charset=utf-8;base64,\r\n" + base64.encodebytes(PHOTO).decode(),
    ],
)
def test_base64_is_read_however_it_was_written(text: str) -> None:
    assert read_base64(text, max_bytes=10_000) == PHOTO


@pytest.mark.parametrize(
    ("text", "status"), [("%%%", 422), ("é", 422), ("A", 422), ("data:image/png;base64,", 422), ("A" * 99_999, 413)]
)
def test_what_is_no_base64_or_too_much_is_refused(text: str, status: int) -> None:
    with pytest.raises(RequestError) as caught:
        read_base64(text, max_bytes=10_000)
    assert (caught.value.field, caught.value.status_code) == ("image_base64", status)

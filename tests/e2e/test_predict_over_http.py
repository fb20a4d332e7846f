"""Predictions over HTTP from a running server: the same listing in every form, and every kind of bad request."""

import base64
import json
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image, ImageDraw
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.e2e

TITLE = "Piscine tubulaire ronde 3 m"


def picture(kind: str = "JPEG") -> bytes:
    noise = np.random.default_rng(7).integers(0, 255, (60, 80, 3), np.uint8)
    buffer = BytesIO()
    Image.fromarray(noise).resize((640, 480)).save(buffer, kind)
    return buffer.getvalue()


PHOTO = picture()


def bomb() -> bytes:
    """A PNG that says it has 30,000 x 30,000 pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(90_001))) + chunk(b"IEND", b"")
    )


@pytest.fixture(scope="module")
def api(running_server: Any) -> Iterator[httpx.Client]:
    """A client that is signed in: batches are for users only."""
    with running_server.new_user() as client:
        yield client


def without_times(answer: dict) -> dict:
    return {name: value for name, value in answer.items() if name not in ("elapsed_ms", "prediction_id")}


def counted(api: httpx.Client, sample: str, **labels: str) -> float:
    families = text_string_to_metric_families(api.get("/metrics").text)
    return sum(
        s.value for f in families for s in f.samples if s.name == sample and labels.items() <= dict(s.labels).items()
    )


def test_a_listing_with_both_parts_gets_the_fused_answer(api: httpx.Client) -> None:
    answer = api.post("/predict", data={"designation": TITLE, "top_k": "3"}, files={"image": PHOTO}).json()
    assert answer["votes"]["text"]["weight"] + answer["votes"]["image"]["weight"] == pytest.approx(1)
    assert (answer["absent"], answer["degraded"]) == ([], [])
    assert len(answer["categories"]) == len(answer["votes"]["text"]["categories"]) == 3
    probabilities = [category["probability"] for category in answer["categories"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert answer["categories"][0]["prdtypecode"] == answer["prdtypecode"]
    assert answer["probability"] == probabilities[0]
    assert answer["name_fr"] and answer["name_en"]
    assert set(answer["category_set"]) == {"coverage", "measured", "prdtypecodes"}
    assert answer["elapsed_ms"] > 0


def test_json_and_multipart_are_the_same_listing(api: httpx.Client) -> None:
    plain = base64.b64encode(PHOTO).decode()
    forms = [
        api.post("/predict", data={"designation": TITLE, "description": ""}, files={"image": ("a.jpg", PHOTO)}),
        api.post("/predict", json={"designation": TITLE, "image_base64": plain}),
        api.post("/predict", json={"designation": TITLE, "description": None, "image_base64": plain.rstrip("=")}),
        api.post("/predict", json={"designation": TITLE, "image_base64": f"data:image/jpeg;base64,{plain}"}),
        api.post("/predict", json={"designation": TITLE, "image_base64": base64.encodebytes(PHOTO).decode()}),
        api.post("/predict", json={"designation": TITLE, "image_base64": base64.urlsafe_b64encode(PHOTO).decode()}),
        api.post("/predict", files={"designation": (None, TITLE), "image_base64": (None, plain)}),
    ]
    assert [form.status_code for form in forms] == [200] * len(forms)
    answers = [without_times(form.json()) for form in forms]
    assert all(answer == answers[0] for answer in answers)


def test_a_listing_without_photo_is_answered_by_text_alone(api: httpx.Client) -> None:
    answer = api.post("/predict", json={"designation": TITLE}).json()
    assert answer["votes"]["image"] is None
    assert answer["votes"]["text"]["weight"] == 1
    assert (answer["absent"], answer["degraded"]) == (["image"], [])


@pytest.mark.parametrize("designation", ["", "   ", "&nbsp;"])
def test_a_listing_without_text_is_answered_by_its_photo_alone(api: httpx.Client, designation: str) -> None:
    answer = api.post("/predict", data={"designation": designation}, files={"image": PHOTO}).json()
    assert answer["votes"]["text"] is None
    assert (answer["absent"], answer["degraded"]) == (["text"], [])


@pytest.mark.parametrize("title", ["NA", "1984", "null", "😀", "日本のおもちゃ", "tab\there", "Été &eacute;t&eacute;"])
def test_an_unusual_title_is_answered(api: httpx.Client, title: str) -> None:
    assert api.post("/predict", json={"designation": title}).status_code == 200


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_every_accepted_kind_of_photo_is_answered(api: httpx.Client, kind: str) -> None:
    assert api.post("/predict", files={"image": picture(kind)}).json()["votes"]["image"]["weight"] == 1


def test_top_k_above_the_number_of_categories_gives_all(api: httpx.Client) -> None:
    served = api.get("/predict").json()
    answer = api.post("/predict", json={"designation": TITLE, "top_k": 1000}).json()
    assert len(answer["categories"]) == len(served["categories"])
    assert sum(category["probability"] for category in answer["categories"]) == pytest.approx(1, abs=1e-4)
    assert answer["explanation"] is None
    assert answer["version"] == served["version"]
    assert (served["ready"], served["modalities"], served["down"]) == (True, ["text", "image"], [])


def thing_photo(size: tuple[int, int] = (400, 300)) -> bytes:
    photo = Image.new("RGB", size, "white")
    ImageDraw.Draw(photo).ellipse((20, 20, size[0] // 2, size[1] - 20), fill="deepskyblue")
    buffer = BytesIO()
    photo.save(buffer, "JPEG")
    return buffer.getvalue()


def test_an_explanation_says_which_words_and_parts_of_the_photo_carry_the_votes(api: httpx.Client) -> None:
    description = "<p>Mont&eacute;e en 30 min, avec pompe.</p>"
    fields = {"designation": TITLE, "description": description, "explain": "true"}
    answer = api.post("/predict", data=fields, files={"image": thing_photo()}).json()
    text, image = answer["explanation"]["text"], answer["explanation"]["image"]
    for explanation, vote in ((text, answer["votes"]["text"]), (image, answer["votes"]["image"])):
        first = vote["categories"][0]
        assert (explanation["prdtypecode"], explanation["probability"]) == (first["prdtypecode"], first["probability"])
    assert (text["designation"], text["description"]) == (TITLE, "Montée en 30 min, avec pompe.")
    for word in text["words"]:
        assert word["word"] == text[word["field"]][word["start"] : word["end"]]
    shown = [word["word"] for word in text["words"]]
    assert shown == ["Piscine", "tubulaire", "ronde", "3", "m", "Montée", "en", "30", "min", "avec", "pompe"]
    assert max(text["words"], key=lambda word: word["weight"])["word"] == "Piscine"
    assert np.array(image["heat"]).shape == (5, 7)


def test_an_explained_answer_is_the_plain_one_and_json_the_form(api: httpx.Client) -> None:
    fields = {"designation": TITLE, "image_base64": base64.b64encode(PHOTO).decode()}
    plain = without_times(api.post("/predict", json=fields).json())
    assert plain["explanation"] is None
    explained = without_times(api.post("/predict", json={**fields, "explain": True}).json())
    form = api.post("/predict", data={"designation": TITLE, "explain": "1"}, files={"image": PHOTO})
    assert without_times(form.json()) == explained
    assert explained["explanation"]["text"] and explained["explanation"]["image"]
    assert {**explained, "explanation": None} == plain


def test_a_part_that_is_absent_is_not_explained(api: httpx.Client) -> None:
    by_text = api.post("/predict", json={"designation": TITLE, "explain": True}).json()["explanation"]
    assert by_text["text"]["words"]
    assert by_text["image"] is None
    photo = {"image": thing_photo((300, 600))}
    by_photo = api.post("/predict", data={"designation": "", "explain": "true"}, files=photo).json()["explanation"]
    assert by_photo["text"] is None
    assert np.array(by_photo["image"]["heat"]).shape == (7, 4)


@pytest.mark.parametrize(
    ("title", "description"),
    [
        ("😀", ""),
        ("Piscine", ""),
        ("!!!", ""),
        ("日本のおもちゃ", ""),
        ("<b>Pompe</b> &amp; filtre", "<br>"),
        ("", "Un livre de poche"),
        (TITLE, "très bon état " * 1400),
        ("piscine gonflable bleue " * 830, "neuve " * 3300),
        ("a" * 20_000, ""),
    ],
)
def test_an_unusual_text_is_explained(api: httpx.Client, title: str, description: str) -> None:
    answer = api.post("/predict", json={"designation": title, "description": description, "explain": True})
    assert answer.status_code == 200, answer.text
    text = answer.json()["explanation"]["text"]
    assert 1 <= len(text["words"]) <= 48
    assert len(text["description"]) <= 1000
    assert all(np.isfinite(word["weight"]) for word in text["words"])


def test_others_are_answered_while_explanations_run(api: httpx.Client, server: str) -> None:
    fields = {"designation": TITLE, "description": "Avec pompe et bâche, montage en 30 min. " * 25, "explain": "true"}
    statuses: list[int] = []
    finished: list[float] = []

    def explain() -> None:
        answer = httpx.post(f"{server}/api/v1/predict", data=fields, files={"image": PHOTO}, timeout=60)
        statuses.append(answer.status_code)
        finished.append(time.perf_counter())

    explaining = [threading.Thread(target=explain) for _ in range(4)]
    for thread in explaining:
        thread.start()
    answered: list[float] = []
    while any(thread.is_alive() for thread in explaining):
        answer = api.post("/predict", json={"designation": TITLE})
        assert (answer.status_code, answer.json()["degraded"]) == (200, [])
        answered.append(time.perf_counter())
    for thread in explaining:
        thread.join()
    assert statuses == [200] * 4
    assert sum(moment < min(finished) for moment in answered) >= 2, "plain predictions waited for the explanations"


BAD_JSON: list[tuple[bytes, str]] = [
    (b'{"designation": ""}', "designation"),
    (b'{"designation": " \\t \\n "}', "designation"),
    (b'{"designation": "<br>&nbsp;"}', "designation"),
    (b"{}", "designation"),
    (json.dumps({"designation": "a" * 50_000}).encode(), "designation"),
    (json.dumps({"designation": "x", "description": "é" * 50_000}).encode(), "description"),
    (b'{"designation": "a\\u0000b"}', "designation"),
    (b'{"designation": "\\ud83d"}', "body"),
    (b'{"designation": "\xff\xfe"}', "body"),
    (b'{"designation": 5}', "designation"),
    (b'{"designation": "x", "top_k": 0}', "top_k"),
    (b'{"designation": "x", "top_k": NaN}', "top_k"),
    (b'{"designation": "x", "top_k": 1e400}', "top_k"),
    (b'{"designation": "x", "top_k": "five"}', "top_k"),
    (b'{"designation": "x", "explain": "maybe"}', "explain"),
    (b'{"designation": "x", "prix": 5}', "prix"),
    (b'{"designation": "x", "image_base64": "%%%"}', "image_base64"),
    (b'{"designation": "x", "image_base64": "aGVsbG8="}', "image"),
    (b'{"designation": "x", "image_base64": 7}', "image_base64"),
    (b'{"designation": ' + b"[" * 1000 + b"]" * 1000 + b"}", "body"),
    (b'{"designation": "x"', "body"),
    (b"", "body"),
    (b"[]", "body"),
    (b'"x"', "body"),
    (PHOTO, "body"),
]


@pytest.mark.parametrize(("body", "field"), BAD_JSON, ids=[str(number) for number in range(len(BAD_JSON))])
def test_bad_json_is_refused_with_the_field(api: httpx.Client, body: bytes, field: str) -> None:
    answer = api.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert answer.json()["detail"].startswith(f"{field}: ")


BAD_PHOTOS: dict[str, bytes] = {
    "a text file": b"Bonjour, je suis une photo.\n" * 20,
    "a truncated JPEG": PHOTO[: len(PHOTO) // 2],
    "an empty file": b"",
    "a pixel bomb": bomb(),
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
}


@pytest.mark.parametrize("name", BAD_PHOTOS)
def test_a_bad_photo_is_refused_by_name(api: httpx.Client, name: str) -> None:
    answer = api.post("/predict", data={"designation": TITLE}, files={"image": ("photo.jpg", BAD_PHOTOS[name])})
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"].startswith("image: ")


def test_a_photo_that_is_too_large_is_refused(api: httpx.Client) -> None:
    answer = api.post("/predict", files={"image": ("photo.jpg", PHOTO + bytes(10_000_000))})
    assert (answer.status_code, answer.json()["field"]) == (413, "image")
    answer = api.post("/predict", content=b" " * 30_000_000, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["field"]) == (413, "body")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "image/jpeg", ""])
def test_another_content_type_is_refused(api: httpx.Client, kind: str) -> None:
    answer = api.post("/predict", content=b"designation=x", headers={"content-type": kind})
    assert answer.status_code == 415
    assert "multipart/form-data" in answer.json()["detail"]


@pytest.mark.parametrize(
    "parts",
    [
        {"designation": (None, TITLE), "shelf": (None, "x")},
        {"designation": ("a.txt", b"x")},
        {"designation": (None, TITLE), "image": (None, "not a file")},
        {"designation": (None, TITLE), "top_k": (None, "many")},
        {"designation": (None, TITLE), "image": ("a.jpg", PHOTO), "image_base64": (None, "aGVsbG8=")},
    ],
)
def test_a_bad_form_is_refused(api: httpx.Client, parts: dict) -> None:
    answer = api.post("/predict", files=parts)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_form_without_boundary_or_cut_off_is_refused(api: httpx.Client) -> None:
    for kind, body in (
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="designation"\r\n\r\nx'),
        ("multipart/form-data; boundary=b", b"garbage"),
    ):
        answer = api.post("/predict", content=body, headers={"content-type": kind})
        assert answer.status_code == 422, (kind, body, answer.text)
        assert answer.json()["detail"]


def test_unknown_paths_and_methods_are_answered_in_json(api: httpx.Client) -> None:
    assert api.get("/nothing").status_code == 404
    assert api.delete("/predict").status_code == 405
    assert api.get("/nothing").json() == {"detail": "Not Found"}


def test_a_batch_answers_in_order_and_puts_errors_in_their_place(api: httpx.Client) -> None:
    listings = [
        {"designation": TITLE, "top_k": 2},
        {"designation": ""},
        {"designation": "", "image_base64": base64.b64encode(PHOTO).decode()},
        {"designation": "x", "image_base64": "%%%"},
        {"designation": "x", "prix": 1},
        {"designation": "x", "explain": True},
        "not a listing",
        {"designation": "Lot de livres de poche"},
    ]
    items = api.post("/predict/batch", json={"listings": listings}).json()["items"]
    assert [item["error"]["field"] if "error" in item else None for item in items] == [
        None,
        "designation",
        None,
        "image_base64",
        "prix",
        "explain",
        "body",
        None,
    ]
    assert all(item["error"]["detail"] for item in items if "error" in item)
    for given, item in ((listings[0], items[0]), (listings[7], items[7])):
        assert without_times(item) == without_times(api.post("/predict", json=given).json())


def test_a_batch_of_256_is_answered_and_one_more_is_not(api: httpx.Client) -> None:
    listings = [{"designation": f"{TITLE} {number}"} for number in range(256)]
    before = counted(api, "rayonnage_batch_size_count", modality="text")
    assert len(api.post("/predict/batch", json={"listings": listings}).json()["items"]) == 256
    calls = counted(api, "rayonnage_batch_size_count", modality="text") - before
    assert calls <= 20, "256 listings went in far more calls than full batches need"
    answer = api.post("/predict/batch", json={"listings": [*listings, listings[0]]})
    assert (answer.status_code, answer.json()["field"]) == (422, "listings")


def test_a_batch_is_for_those_who_signed_in(server: str) -> None:
    answer = httpx.post(f"{server}/api/v1/predict/batch", json={"listings": []})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"listings": 5}', b'{"listings": [], "more": 1}', b"\x00", b"[" * 5000]
)
def test_a_bad_batch_is_refused(api: httpx.Client, body: bytes) -> None:
    answer = api.post("/predict/batch", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_metrics_count_requests_and_listings(api: httpx.Client) -> None:
    labels = {"method": "POST", "route": "/predict", "status": "200"}
    before = counted(api, "rayonnage_requests_total", **labels), counted(api, "rayonnage_listings_total")
    for _ in range(3):
        api.post("/predict", json={"designation": TITLE})
    after = counted(api, "rayonnage_requests_total", **labels), counted(api, "rayonnage_listings_total")
    assert (after[0] - before[0], after[1] - before[1]) == (3, 3)
    assert counted(api, "rayonnage_routers_seeing_model", modality="image") == 1


def test_the_documentation_needs_no_other_host(api: httpx.Client) -> None:
    page = api.get("/docs")
    assert page.status_code == 200
    assert "//cdn" not in page.text
    assert api.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
    paths = api.get("/openapi.json").json()["paths"]
    assert {"/predict", "/predict/batch", "/health", "/ready", "/metrics"} <= set(paths)


def test_health_and_readiness_are_told(api: httpx.Client) -> None:
    assert api.get("/health").json() == {"status": "ok"}
    assert api.get("/ready").json()["ready"] is True

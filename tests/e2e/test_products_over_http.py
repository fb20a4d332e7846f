"""Products over HTTP, on SQLite and on MariaDB: sold, seen, corrected, withdrawn, and every kind of bad request."""

import base64
import json
import secrets
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import httpx
import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.e2e

TITLE = "Piscine tubulaire ronde 3 m"
HOSTILE = '\'; DROP TABLE products; -- <script>alert(1)</script> 😀 日本 e\u0301 "\\u0000" {{7*7}}'
SECRET = "Anne's secret"


def picture(seed: int = 7, *, kind: str = "JPEG", **how: object) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (60, 80, 3), np.uint8)
    buffer = BytesIO()
    Image.fromarray(noise).resize((640, 480)).save(buffer, kind, **how)
    return buffer.getvalue()


PHOTO = picture()


@pytest.fixture
def codes(user: httpx.Client) -> list[int]:
    """Categories of the served model."""
    return [category["prdtypecode"] for category in user.get("/predict").json()["categories"]]


def sell(client: httpx.Client, *, key: str | None = None, photo: bytes | None = None, **fields: object) -> dict:
    """Put a product on the shelf: with a photo as a form, without one as JSON."""
    if "prdtypecode" not in fields:
        fields["prdtypecode"] = client.get("/predict").json()["categories"][0]["prdtypecode"]
    headers = {"Idempotency-Key": key} if key is not None else {}
    fields = {"designation": TITLE, **fields}
    if photo:
        answer = client.post("/products", data=fields, files={"image": ("photo.jpg", photo)}, headers=headers)
    else:
        answer = client.post("/products", json=fields, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def listed(client: httpx.Client, **query: object) -> list[dict]:
    """All pages of a list."""
    items: list[dict] = []
    while True:
        page = client.get("/products", params=query).json()
        items += page["items"]
        if page["next"] is None:
            return items
        query["cursor"] = page["next"]


def test_a_product_keeps_the_prediction_that_its_seller_saw(user: httpx.Client, codes: list[int]) -> None:
    seen = user.post("/predict", data={"designation": TITLE, "description": "Bleue"}, files={"image": PHOTO}).json()
    chosen = next(code for code in codes if code != seen["prdtypecode"])
    sold = sell(user, description="Bleue", photo=PHOTO, prdtypecode=chosen, prediction_id=seen["prediction_id"])
    assert sold["predicted_anew"] is False
    assert (sold["predicted_prdtypecode"], sold["version"]) == (seen["prdtypecode"], seen["version"])
    assert sold["predicted_probability"] == pytest.approx(seen["probability"], abs=1e-9)
    assert (sold["designation"], sold["description"], sold["prdtypecode"]) == (TITLE, "Bleue", chosen)
    assert sold["mine"] is True
    assert [(given["prdtypecode"], given["given_by"]) for given in sold["history"]] == [(chosen, "seller")]
    assert sold["created_at"] == sold["updated_at"] == sold["history"][0]["given_at"]
    assert sold["created_at"].endswith("Z")
    again = user.get(f"/products/{sold['id']}").json()
    assert again == {name: value for name, value in sold.items() if name != "predicted_anew"}
    names = {c["prdtypecode"]: (c["name_fr"], c["name_en"]) for c in user.get("/predict").json()["categories"]}
    assert (sold["name_fr"], sold["name_en"]) == names[chosen]


def test_without_a_prediction_the_server_makes_one(user: httpx.Client) -> None:
    seen = user.post("/predict", json={"designation": TITLE}).json()
    for given in ({}, {"prediction_id": None}, {"prediction_id": ""}):
        sold = user.post("/products", json={"designation": TITLE, "prdtypecode": seen["prdtypecode"], **given})
        assert sold.status_code == 201, sold.text
        assert sold.json()["predicted_anew"] is True
        assert sold.json()["predicted_prdtypecode"] == seen["prdtypecode"]
        assert sold.json()["predicted_probability"] == pytest.approx(seen["probability"], abs=1e-3)


def test_a_listing_that_was_edited_is_predicted_anew(user: httpx.Client) -> None:
    seen = user.post("/predict", json={"designation": TITLE}).json()
    for edited in ({"designation": "Roman policier"}, {"description": "x"}, {"photo": PHOTO}):
        assert sell(user, prediction_id=seen["prediction_id"], **edited)["predicted_anew"] is True
    assert sell(user, prediction_id=seen["prediction_id"], designation=f" {TITLE}\n")["predicted_anew"] is False


def test_a_prediction_id_that_is_not_ours_is_refused(user: httpx.Client, codes: list[int]) -> None:
    real = user.post("/predict", json={"designation": TITLE}).json()["prediction_id"]
    forged = base64.urlsafe_b64encode(base64.urlsafe_b64decode(real + "==")[:-16] + bytes(16)).decode()
    for bad in ("x", secrets.token_hex(16), real[:-4], real + "AAAA", real.swapcase(), forged, "é", "A" * 10_000):
        answer = user.post("/products", json={"designation": TITLE, "prdtypecode": codes[0], "prediction_id": bad})
        assert (answer.status_code, answer.json()["field"]) == (422, "prediction_id"), bad
        assert "leave it out" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"designation": TITLE}, "prdtypecode"),
        ({"designation": TITLE, "prdtypecode": 999_999_999}, "prdtypecode"),
        ({"designation": TITLE, "prdtypecode": -1}, "prdtypecode"),
        ({"designation": TITLE, "prdtypecode": 10**30}, "prdtypecode"),
        ({"designation": TITLE, "prdtypecode": None}, "prdtypecode"),
        ({"designation": TITLE, "prdtypecode": "2583"}, "prdtypecode"),
        ({"designation": TITLE, "prdtypecode": 25.5}, "prdtypecode"),
        ({"designation": TITLE, "prdtypecode": True}, "prdtypecode"),
        ({"designation": "", "prdtypecode": 10}, "designation"),
        ({"designation": "a\0b", "prdtypecode": 10}, "designation"),
        ({"designation": TITLE, "prdtypecode": 10, "probability": 1.0}, "probability"),
        ({"designation": TITLE, "prdtypecode": 10, "predicted_prdtypecode": 10}, "predicted_prdtypecode"),
        ({"designation": TITLE, "prdtypecode": 10, "image_base64": "bm90IGEgcGhvdG8="}, "image"),
    ],
)
def test_a_wrong_field_is_refused_by_name(user: httpx.Client, fields: dict, field: str) -> None:
    before = len(listed(user, mine=True))
    answer = user.post("/products", json=fields)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert len(listed(user, mine=True)) == before


def test_half_a_surrogate_pair_is_refused(user: httpx.Client, codes: list[int]) -> None:
    body = f'{{"designation": "\\ud83d", "prdtypecode": {codes[0]}}}'
    answer = user.post("/products", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_texts_come_back_as_they_were(user: httpx.Client) -> None:
    sold = sell(user, designation=HOSTILE, description=HOSTILE)
    for shown in (sold, user.get(f"/products/{sold['id']}").json(), listed(user, mine=True)[0]):
        assert (shown["designation"], shown["description"]) == (HOSTILE, HOSTILE)


def test_nobody_sells_without_signing_in(api_server) -> None:  # type: ignore[no-untyped-def]
    with httpx.Client(base_url=api_server.api, timeout=30) as nobody:
        asked = [
            nobody.post("/products", json={"designation": TITLE, "prdtypecode": 10}),
            nobody.get("/products"),
            nobody.get("/products/proposal"),
            nobody.get(f"/products/{'0' * 32}"),
            nobody.get(f"/products/{'0' * 32}/photo"),
            nobody.patch(f"/products/{'0' * 32}", json={"prdtypecode": 10}),
            nobody.delete(f"/products/{'0' * 32}"),
            nobody.post("/datasets/reset", json={"confirm": "reset"}),
        ]
    assert [answer.status_code for answer in asked] == [401] * len(asked)
    assert all(answer.headers["WWW-Authenticate"] for answer in asked)


def test_the_same_key_stores_once(user: httpx.Client) -> None:
    first = sell(user, key="key 1 ~!", photo=PHOTO)
    code = str(first["prdtypecode"])
    again = user.post(
        "/products",
        data={"designation": TITLE, "prdtypecode": code},
        files={"image": ("another name.jpg", PHOTO)},
        headers={"Idempotency-Key": "key 1 ~!"},
    )
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first
    as_json = user.post(
        "/products",
        json={"designation": TITLE, "prdtypecode": int(code), "image_base64": base64.b64encode(PHOTO).decode()},
        headers={"Idempotency-Key": "key 1 ~!"},
    )
    assert as_json.json() == first
    assert len(listed(user, mine=True)) == 1
    assert sell(user, key="KEY 1 ~!")["id"] != first["id"]


def test_a_key_for_something_else_is_refused(user: httpx.Client) -> None:
    sold = sell(user, key="k")
    other = user.post(
        "/products",
        json={"designation": "x", "prdtypecode": sold["prdtypecode"]},
        headers={"Idempotency-Key": "k"},
    )
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    assert user.delete(f"/products/{sold['id']}").status_code == 204
    gone = user.post(
        "/products",
        json={"designation": TITLE, "prdtypecode": sold["prdtypecode"]},
        headers={"Idempotency-Key": "k"},
    )
    assert gone.status_code == 409


@pytest.mark.parametrize("key", ["", "x" * 191, "é", "a\tb"])
def test_a_key_is_printable_text(user: httpx.Client, codes: list[int], key: str) -> None:
    answer = user.post(
        "/products",
        json={"designation": TITLE, "prdtypecode": codes[0]},
        headers={b"Idempotency-Key": key.encode()},  # type: ignore[dict-item]
    )
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == "Idempotency-Key"
    assert listed(user, mine=True) == []


def test_retries_at_once_store_once(user: httpx.Client, codes: list[int]) -> None:
    def add(number: int) -> str:
        return sell(user, key=f"k{number % 3}", prdtypecode=codes[0], photo=PHOTO)["id"]

    with ThreadPoolExecutor(12) as threads:
        assert len(set(threads.map(add, range(36)))) == 3
    assert len(listed(user, mine=True)) == 3


def test_a_photo_is_served_without_what_the_camera_noted(user: httpx.Client) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x013B], exif[0x0112] = SECRET, SECRET, 6
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    lying = Image.new("RGB", (320, 160), "blue")
    lying.paste("red", (0, 0, 160, 160))
    buffer = BytesIO()
    lying.save(
        buffer, "JPEG", exif=exif, comment=SECRET, xmp=f"<x>{SECRET}</x>".encode(), icc_profile=SECRET.encode() * 20
    )
    sold = sell(user, photo=buffer.getvalue())
    whole = user.get(f"/products/{sold['id']}/photo")
    small = user.get(f"/products/{sold['id']}/photo", params={"size": 64})
    for answer, size in ((whole, (160, 320)), (small, (32, 64))):
        assert answer.status_code == 200
        assert (answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
        assert "private" in answer.headers["Cache-Control"]
        assert SECRET.encode() not in answer.content and b"Exif" not in answer.content
        shown = Image.open(BytesIO(answer.content))
        shown.load()
        assert (shown.format, shown.size) == ("JPEG", size)
        assert not shown.getexif()
        top, bottom = (shown.getpixel((size[0] // 2, y)) for y in (size[1] // 8, size[1] * 7 // 8))
        assert top[0] > 200 and bottom[2] > 200  # type: ignore[index]


def test_a_photo_that_did_not_change_is_not_sent_again(user: httpx.Client) -> None:
    path = f"/products/{sell(user, photo=PHOTO)['id']}/photo"
    for query in ({}, {"size": 100}):
        etag = user.get(path, params=query).headers["ETag"]
        for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            again = user.get(path, params=query, headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
        assert user.get(path, params=query, headers={"If-None-Match": '"other"'}).status_code == 200
    assert user.get(path).headers["ETag"] != user.get(path, params={"size": 100}).headers["ETag"]
    assert user.get(path, params={"size": 1024}).content == user.get(path).content


def test_a_size_out_of_range_and_a_missing_photo_are_told(user: httpx.Client) -> None:
    with_photo, without = sell(user, photo=PHOTO), sell(user)
    assert with_photo["photo"].endswith(f"/products/{with_photo['id']}/photo") and without["photo"] is None
    for size in (0, -5, 15, 1025, 10**30, "x", ""):
        assert user.get(f"/products/{with_photo['id']}/photo", params={"size": size}).status_code == 422, size
    assert user.get(f"/products/{without['id']}/photo").status_code == 404


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..\\..\\x.jpg", "/tmp/x.php", "x" * 300, "a\x00b.jpg", "é.jpg"]
)
def test_the_name_of_an_upload_does_not_matter(user: httpx.Client, codes: list[int], name: str) -> None:
    answer = user.post("/products", data={"prdtypecode": str(codes[0])}, files={"image": (name, PHOTO)})
    assert answer.status_code == 201, answer.text
    assert user.get(f"/products/{answer.json()['id']}/photo").status_code == 200


def test_every_kind_of_photo_becomes_a_jpeg(user: httpx.Client) -> None:
    for kind in ("PNG", "WEBP", "GIF", "BMP"):
        sold = sell(user, photo=picture(kind=kind))
        assert user.get(f"/products/{sold['id']}/photo").content.startswith(b"\xff\xd8\xff")


def test_all_see_a_product_and_nobody_its_seller(api_server, user: httpx.Client, admin: httpx.Client) -> None:  # type: ignore[no-untyped-def]
    sold = sell(user)
    name = user.get("/me").json()["username"]
    with api_server.new_user() as other:
        for client in (other, admin):
            seen = client.get(f"/products/{sold['id']}").json()
            assert seen["mine"] is False
            assert sold["id"] in {item["id"] for item in client.get("/products").json()["items"]}
            assert name not in json.dumps(seen) and name not in client.get("/products").text
        assert listed(other, mine=True) == []


def test_pages_hold_every_product_once_newest_first(user: httpx.Client, codes: list[int]) -> None:
    sold = [sell(user, designation=f"Livre {number}", prdtypecode=codes[number % 2])["id"] for number in range(7)]
    assert [item["id"] for item in listed(user, mine=True, limit=3)] == sold[::-1]
    assert [item["id"] for item in listed(user, mine=True, limit=100)] == sold[::-1]
    assert [item["id"] for item in listed(user, mine=True, limit=1, prdtypecode=codes[1])] == sold[5::-2]
    assert listed(user, mine=True, prdtypecode=2**62) == []


def test_a_window_of_time_is_understood_in_every_form(user: httpx.Client) -> None:
    first, second = sell(user), sell(user)
    moment = second["created_at"]
    for since in (moment, moment.replace("Z", "+00:00"), moment.removesuffix("Z"), moment.replace("Z", " 00:00")):
        assert [item["id"] for item in listed(user, mine=True, since=since)] == [second["id"]], since
    assert [item["id"] for item in listed(user, mine=True, until=moment)] == [first["id"]]
    assert listed(user, mine=True, since="2999-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": -1}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": 10**30}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "-1"}, "cursor"),
        ({"cursor": "' OR 1=1 --"}, "cursor"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "é" * 8}, "cursor"),
        ({"prdtypecode": "x"}, "prdtypecode"),
        ({"prdtypecode": 10**30}, "prdtypecode"),
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-13-01T00:00:00Z"}, "until"),
        ({"mine": "perhaps"}, "mine"),
    ],
)
def test_a_wrong_query_is_refused_by_name(user: httpx.Client, query: dict, field: str) -> None:
    answer = user.get("/products", params=query)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize("number", ["x", "0" * 32, "../me", "%00", "' OR 1=1 --", "é", "0" * 5000, "%F0%9F%98%80", "1"])
def test_an_id_that_is_none_is_not_found(user: httpx.Client, codes: list[int], number: str) -> None:
    path = f"/products/{number}" if "%" in number else f"/products/{number}".replace("/me", "%2Fme")
    assert user.get(path).status_code == 404
    assert user.get(f"{path}/photo").status_code == 404
    assert user.patch(path, json={"prdtypecode": codes[0]}).status_code == 404
    assert user.delete(path).status_code == 404


def test_a_correction_is_kept_in_the_history(user: httpx.Client, admin: httpx.Client, codes: list[int]) -> None:
    sold = sell(user, prdtypecode=codes[0])
    path = f"/products/{sold['id']}"
    assert user.patch(path, json={"prdtypecode": codes[0]}).json() == user.get(path).json()
    assert user.get(path).json()["updated_at"] == sold["updated_at"]
    assert user.patch(path, json={"prdtypecode": codes[1]}).json()["prdtypecode"] == codes[1]
    corrected = admin.patch(path, json={"prdtypecode": codes[2]}).json()
    assert [(given["prdtypecode"], given["given_by"]) for given in corrected["history"]] == [
        (codes[0], "seller"),
        (codes[1], "seller"),
        (codes[2], "admin"),
    ]
    assert corrected["updated_at"] == corrected["history"][2]["given_at"] > sold["updated_at"]
    assert corrected["predicted_prdtypecode"] == sold["predicted_prdtypecode"]


@pytest.mark.parametrize("body", [{}, {"prdtypecode": 1}, {"prdtypecode": "10"}, {"prdtypecode": None}, [], None])
def test_a_wrong_correction_is_refused(user: httpx.Client, body: object) -> None:
    assert user.patch(f"/products/{sell(user)['id']}", json=body).status_code == 422


def test_anothers_product_is_not_to_be_touched(api_server, user: httpx.Client, codes: list[int]) -> None:  # type: ignore[no-untyped-def]
    sold = sell(user)
    with api_server.new_user() as other:
        assert other.patch(f"/products/{sold['id']}", json={"prdtypecode": codes[1]}).status_code == 403
        assert other.delete(f"/products/{sold['id']}").status_code == 403
        assert other.get(f"/products/{sold['id']}").json()["history"] == sold["history"]


def test_a_withdrawn_product_is_gone(user: httpx.Client, admin: httpx.Client) -> None:
    photo = picture(secrets.randbelow(2**31))
    first, second = sell(user, photo=photo), sell(user, photo=photo)
    gone = user.delete(f"/products/{first['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert user.get(f"/products/{first['id']}").status_code == 404
    assert user.delete(f"/products/{first['id']}").status_code == 404
    assert user.get(f"/products/{second['id']}/photo").status_code == 200
    assert admin.delete(f"/products/{second['id']}").status_code == 204
    assert listed(user, mine=True) == []


def test_a_product_stays_when_its_seller_leaves(api_server, admin: httpx.Client) -> None:  # type: ignore[no-untyped-def]
    with api_server.new_user() as leaving:
        sold = sell(leaving, photo=PHOTO)
        assert leaving.delete("/me").status_code == 204
    assert admin.get(f"/products/{sold['id']}").json()["mine"] is False
    assert admin.get(f"/products/{sold['id']}/photo").status_code == 200
    assert admin.delete(f"/products/{sold['id']}").status_code == 204


def test_a_proposal_can_be_predicted_and_does_not_come_twice_in_a_row(user: httpx.Client) -> None:
    proposals = [user.get("/products/proposal").json() for _ in range(10)]
    assert len({proposal["id"] for proposal in proposals}) == 10
    for proposal in proposals[:5]:
        assert set(proposal) == {"id", "designation", "description", "image_base64"}
        listing = {name: value for name, value in proposal.items() if name != "id"}
        seen = user.post("/predict", json=listing)
        assert seen.status_code == 200, seen.text
        choice = {"prdtypecode": seen.json()["prdtypecode"], "prediction_id": seen.json()["prediction_id"]}
        assert user.post("/products", json={**listing, **choice}).json()["predicted_anew"] is False


def test_clients_that_hang_up_leave_whole_products_or_none(api_server, user: httpx.Client, codes: list[int]) -> None:  # type: ignore[no-untyped-def]
    body = json.dumps(
        {"designation": TITLE, "prdtypecode": codes[0], "image_base64": base64.b64encode(PHOTO).decode()}
    ).encode()
    head = (
        f"POST /api/v1/products HTTP/1.1\r\nHost: x\r\nAuthorization: {user.headers['Authorization']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    for number in range(40):
        with socket.create_connection(("127.0.0.1", api_server.port)) as connection:
            connection.sendall(head + (body[: len(body) // 2] if number % 2 else body))
            time.sleep(0.001 * (number % 20))
    time.sleep(2)
    products = listed(user, mine=True, limit=100)
    assert len(products) <= 20
    for product in products:
        assert product["history"][0]["prdtypecode"] == codes[0]
        assert user.get(f"/products/{product['id']}/photo").status_code == 200


def test_a_reset_empties_the_shelf_and_keeps_a_copy(api_server, user: httpx.Client, admin: httpx.Client) -> None:  # type: ignore[no-untyped-def]
    assert user.post("/datasets/reset", json={"confirm": "reset"}).status_code == 403
    for wrong in ({}, {"confirm": ""}, {"confirm": "yes"}, {"confirm": True}, {"confirm": None}):
        answer = admin.post("/datasets/reset", json=wrong)
        assert (answer.status_code, answer.json()["field"]) == (422, "confirm")
    sold = sell(user, designation=HOSTILE, photo=PHOTO)
    there = len(listed(admin, limit=100))
    done = admin.post("/datasets/reset", json={"confirm": "reset"}).json()
    assert done["removed"] == there
    assert listed(admin) == []
    copy = api_server.home / done["copy"]
    records = [json.loads(line) for line in (copy / "products.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(records) == there
    (mine,) = [record for record in records if record["id"] == sold["id"]]
    assert (mine["designation"], mine["seller"]) == (HOSTILE, user.get("/me").json()["username"])
    assert Image.open(copy / mine["photo"]).size == (640, 480)
    assert admin.post("/datasets/reset", json={"confirm": "reset"}).json() == {"removed": 0, "copy": None}

"""The page's HTTP client, over a real socket."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import uvicorn
from fastapi import FastAPI, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse

from ui.client import ApiClient
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
from ui.record import Listing, Prediction

Result = TypeVar("Result")

ANSWER = {
    "prdtypecode": 2583,
    "name_fr": "Piscine et accessoires",
    "name_en": "Pools and pool equipment",
    "probability": 0.93,
    "categories": [
        {
            "prdtypecode": 2583,
            "name_fr": "Piscine et accessoires",
            "name_en": "Pools and pool equipment",
            "probability": 0.93,
        }
    ],
    "category_set": {"coverage": 0.95, "prdtypecodes": [2583]},
    "votes": {"text": {"weight": 1.0, "categories": [{"prdtypecode": 2583, "probability": 0.95}]}, "image": None},
    "absent": ["image"],
    "degraded": [],
    "prediction_id": "b8c1",
    "version": "20261125-101500-3f2a",
    "elapsed_ms": 8.4,
    "a field of tomorrow": 1,
}
PRODUCT = {
    "id": "5f0c",
    "designation": "Piscine",
    "description": "",
    "prdtypecode": 2583,
    "name_fr": "Piscine et accessoires",
    "name_en": "Pools and pool equipment",
    "predicted_prdtypecode": 2583,
    "predicted_probability": 0.93,
    "version": "20261125-101500-3f2a",
    "created_at": "2026-11-25T10:20:00Z",
    "updated_at": "2026-11-25T10:20:00Z",
}


class SmallApi:
    """Answers in DESIGN's shapes, or fails in the way that the title asks for."""

    def __init__(self) -> None:
        self.asked = 0
        self.seen: tuple[str, bytes | None] | None = None
        self.app = FastAPI()
        self.calls: list[Request] = []
        self.app.post("/api/v1/predict")(self.predict)
        self.app.post("/api/v1/predict/batch")(self.predict_batch)
        self.app.post("/api/v1/products")(self.add_product)
        self.app.post("/api/v1/trainings")(self.start_training)
        self.app.get("/api/v1/products/{product_id:path}")(self.product)

    async def predict(self, image: UploadFile | None = None, designation: str = Form("")) -> Response:
        self.asked += 1
        self.seen = (designation, await image.read() if image else None)
        match designation.split():
            case ["status", code]:
                body = {"detail": "image: is no photo", "field": "image"}
                return JSONResponse(body, status_code=int(code), headers={"Retry-After": "7"})
            case ["restarting", times] if self.asked <= int(times):
                return JSONResponse({"detail": "model: starting"}, status_code=503)
            case ["slow"]:
                await asyncio.sleep(2)
            case ["garbage"]:
                return Response("<html>", media_type="text/html")
        return JSONResponse(ANSWER)

    async def predict_batch(self) -> Response:
        return JSONResponse({"items": [ANSWER, {"error": {"field": "image_base64", "detail": "is no photo"}}]})

    async def add_product(self, request: Request, prdtypecode: int = Form()) -> Response:
        """Busy at first, then stored."""
        self.calls.append(request)
        if len(self.calls) == 1:
            return JSONResponse({"detail": "busy"}, status_code=503, headers={"Retry-After": "1"})
        return JSONResponse(PRODUCT | {"prdtypecode": prdtypecode}, status_code=201)

    async def start_training(self, request: Request) -> Response:
        """Down for longer than anybody waits."""
        self.calls.append(request)
        return JSONResponse({"detail": "busy"}, status_code=503, headers={"Retry-After": "60"})

    async def product(self, request: Request) -> Response:
        self.calls.append(request)
        return JSONResponse(PRODUCT)


@pytest.fixture
def api() -> Iterator[tuple[SmallApi, str]]:
    small = SmallApi()
    server = uvicorn.Server(uvicorn.Config(small.app, port=0, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield small, f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def with_client(url: str, use: Callable[[ApiClient], Awaitable[Result]], *, timeout_s: float = 5.0) -> Result:
    async def run() -> Result:
        async with ApiClient(url, timeout_s=timeout_s, pauses_s=(0.01, 0.01)) as client:
            return await use(client)

    return asyncio.run(run())


def predict(url: str, designation: str, *, photo: Path | None = None, timeout_s: float = 5.0) -> Prediction:
    return with_client(url, lambda client: client.predict(designation, photo=photo), timeout_s=timeout_s)


def test_an_answer_comes_back_typed_and_new_fields_do_no_harm(api: tuple[SmallApi, str]) -> None:
    answer = predict(api[1], "piscine")
    assert answer.name_fr == "Piscine et accessoires"
    assert answer.category_set is not None
    assert answer.category_set.prdtypecodes == [2583]
    assert answer.votes["image"] is None


def test_a_photo_arrives_byte_for_byte(api: tuple[SmallApi, str], tmp_path: Path) -> None:
    small, url = api
    photo = tmp_path / "é photo.jpg"
    photo.write_bytes(bytes(range(256)) * 40)
    predict(url, "Bâche à bulles « 4,60 m »", photo=photo)
    assert small.seen == ("Bâche à bulles « 4,60 m »", photo.read_bytes())


def test_a_restart_that_ends_in_time_is_not_noticed(api: tuple[SmallApi, str]) -> None:
    small, url = api
    assert predict(url, "restarting 2").prdtypecode == 2583
    assert small.asked == 3


def test_a_restart_that_lasts_is_called_so(api: tuple[SmallApi, str]) -> None:
    with pytest.raises(ApiDown):
        predict(api[1], "restarting 99")


def test_nobody_listening_is_called_a_restart() -> None:
    with pytest.raises(ApiDown):
        predict("http://127.0.0.1:9", "piscine")


def test_an_answer_that_takes_too_long_is_called_slow(api: tuple[SmallApi, str]) -> None:
    with pytest.raises(ApiSlow):
        predict(api[1], "slow", timeout_s=0.2)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, SignInNeeded),
        (403, NotAllowed),
        (404, NotThere),
        (409, Conflict),
        (429, ApiBusy),
        (500, ApiFault),
        (502, ApiFault),
    ],
)
def test_each_status_has_its_error(api: tuple[SmallApi, str], status: int, kind: type[ApiError]) -> None:
    with pytest.raises(kind):
        predict(api[1], f"status {status}")


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_refusal_names_the_field_and_the_reason(api: tuple[SmallApi, str], status: int) -> None:
    with pytest.raises(ListingRefused) as refusal:
        predict(api[1], f"status {status}")
    assert (refusal.value.field, refusal.value.detail, refusal.value.status) == ("image", "is no photo", status)


def test_an_answer_that_is_no_json_is_a_fault(api: tuple[SmallApi, str]) -> None:
    with pytest.raises(ApiFault):
        predict(api[1], "garbage")


def test_an_address_without_a_predict_call_is_a_fault(api: tuple[SmallApi, str]) -> None:
    with pytest.raises(ApiFault):
        with_client(api[1], lambda client: client.served())


def test_a_product_is_sent_again_with_the_same_idempotency_key(api: tuple[SmallApi, str]) -> None:
    small, url = api
    started = time.monotonic()
    product = with_client(url, lambda client: client.add_product("Piscine", prdtypecode=2583, photo=b"jpeg", token="t"))
    assert (product.prdtypecode, len(small.calls)) == (2583, 2)
    assert time.monotonic() - started > 0.9, "Retry-After was 1 s"
    first, second = small.calls
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.headers["Authorization"] == "Bearer t"


def test_two_products_have_two_idempotency_keys(api: tuple[SmallApi, str]) -> None:
    small, url = api
    for _ in range(2):
        with_client(url, lambda client: client.add_product("Piscine", prdtypecode=2583, token="t"))
    assert len({call.headers["Idempotency-Key"] for call in small.calls}) == 2


def test_an_api_that_asks_for_a_long_wait_is_not_waited_for(api: tuple[SmallApi, str]) -> None:
    small, url = api
    started = time.monotonic()
    with pytest.raises(ApiDown):
        with_client(url, lambda client: client.start_training("small", token="t"))
    assert (len(small.calls), time.monotonic() - started < 30) == (1, True)


def test_a_connection_that_breaks_repeats_only_what_may_be_repeated() -> None:
    """What a server may have done already is not asked for again by itself."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        accepted = 0

        def hang_up() -> None:
            nonlocal accepted
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    connection.recv(65536)
                    accepted += 1
                    connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        for call, times in ((lambda c: c.rollback(token="t"), 1), (lambda c: c.predict("piscine"), 3)):
            accepted = 0
            with pytest.raises(ApiDown):
                with_client(url, call)
            assert accepted == times
        server.shutdown(socket.SHUT_RDWR)


def test_a_bad_listing_of_a_batch_has_its_refusal_in_its_place(api: tuple[SmallApi, str]) -> None:
    listings = [Listing(designation="piscine"), Listing(image_base64="?")]
    good, bad = with_client(api[1], lambda client: client.predict_batch(listings, token="t"))
    assert isinstance(good, Prediction)
    assert isinstance(bad, ListingRefused)
    assert (bad.field, bad.detail) == ("image", "is no photo")


def test_an_id_stays_one_part_of_the_path(api: tuple[SmallApi, str]) -> None:
    small, url = api
    with_client(url, lambda client: client.product("a/b?c#é", token="t"))
    assert small.calls[0].scope["raw_path"] == b"/api/v1/products/a%2Fb%3Fc%23%C3%A9"


def test_a_busy_api_says_how_long(api: tuple[SmallApi, str]) -> None:
    with pytest.raises(ApiBusy) as busy:
        predict(api[1], "status 429")
    assert busy.value.retry_after_s == 7


def test_what_cannot_be_sent_is_refused_without_asking(api: tuple[SmallApi, str]) -> None:
    small, url = api
    for call, kind in (
        (lambda c: c.predict("\ud800"), Refused),
        (lambda c: c.register("\udfff", "password"), Refused),
        (lambda c: c.product("5f0c", token="é"), SignInNeeded),
        (lambda c: c.product("5f0c", token="a\nb: c"), SignInNeeded),
    ):
        with pytest.raises(kind):
            with_client(url, call)
    assert (small.asked, small.calls) == (0, [])

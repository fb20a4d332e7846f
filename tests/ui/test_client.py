"""The page's HTTP client, over a real socket."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import uvicorn
from fastapi import FastAPI, Form, Response, UploadFile
from fastapi.responses import JSONResponse

from ui.client import ApiClient, Prediction
from ui.error import ApiBusy, ApiDown, ApiError, ApiFault, ApiSlow, ListingRefused, SignInNeeded

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


class SmallApi:
    """Answers in DESIGN's shapes, or fails in the way that the title asks for."""

    def __init__(self) -> None:
        self.asked = 0
        self.seen: tuple[str, bytes | None] | None = None
        self.app = FastAPI()
        self.app.post("/api/v1/predict")(self.predict)

    async def predict(self, image: UploadFile | None = None, designation: str = Form("")) -> Response:
        self.asked += 1
        self.seen = (designation, await image.read() if image else None)
        match designation.split():
            case ["status", code]:
                body = {"detail": "image: is no photo", "field": "image"}
                return JSONResponse(body, status_code=int(code))
            case ["restarting", times] if self.asked <= int(times):
                return JSONResponse({"detail": "model: starting"}, status_code=503)
            case ["slow"]:
                await asyncio.sleep(2)
            case ["garbage"]:
                return Response("<html>", media_type="text/html")
        return JSONResponse(ANSWER)


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
    [(401, SignInNeeded), (403, SignInNeeded), (429, ApiBusy), (500, ApiFault), (404, ApiFault)],
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

"""Gradio lets anyone call any handler of the page: they give a stranger no more than the API does."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import PASSWORD, RunningServer

pytestmark = pytest.mark.e2e

FORGED = {"access_token": "x.y.z", "refresh_token": "x.y.z", "username": "admin", "role": "admin"}
ADMINS_ONLY = {"versions", "comparison", "chart-versions", "training", "trainings", "links", "challenger", "admin"}
SECRET_TITLE = "Piscine que nul étranger ne doit voir"


@dataclass(frozen=True)
class Handlers:
    """The page's handlers, called as its own browser code calls them."""

    url: str
    config: dict[str, Any]

    @classmethod
    def of(cls, url: str) -> "Handlers":
        return cls(url, httpx.get(f"{url}/config", timeout=30).raise_for_status().json())

    @property
    def all(self) -> list[dict[str, Any]]:
        return [handler for handler in self.config["dependencies"] if handler["backend_fn"]]

    def component(self, number: int) -> dict[str, Any]:
        return next(part for part in self.config["components"] if part["id"] == number)

    def elem_id(self, number: int) -> str:
        return self.component(number)["props"].get("elem_id") or ""

    def inputs(self, handler: dict[str, Any], session: object, given: dict[str, object]) -> list[object]:
        """Something for each input: the session, what was given by name, or what the component holds at first."""
        values: list[object] = []
        for number in handler["inputs"]:
            props = self.component(number)["props"]
            if props.get("storage_key") == "rayonnage-session":
                values.append(session)
            else:
                values.append(given.get(self.elem_id(number), props.get("value")))
        return values

    def call(self, handler: dict[str, Any], data: list[object], event: object = None) -> dict[str, Any]:
        """Outputs of a handler by the name of the component, the last ones where it answers several times."""
        session_hash = secrets.token_hex(8)
        asked = {"data": data, "fn_index": handler["id"], "session_hash": session_hash, "event_data": event}
        api = f"{self.url}/gradio_api/queue"
        with httpx.Client(timeout=120) as http:
            http.post(f"{api}/join", json=asked).raise_for_status()
            output: dict[str, Any] = {}
            for message in _messages(http, f"{api}/data", session_hash):
                if message["msg"] in ("process_generating", "process_completed"):
                    output = message.get("output") or {}
                if message["msg"] == "process_completed":
                    break
        values = output.get("data") or []
        return {
            self.elem_id(number) or str(number): value
            for number, value in zip(handler["outputs"], values, strict=False)
        }


def _messages(http: httpx.Client, url: str, session_hash: str) -> Iterator[dict[str, Any]]:
    with http.stream("GET", url, params={"session_hash": session_hash}) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                yield json.loads(line[5:])


@pytest.fixture(scope="module")
def handlers(server: str) -> Handlers:
    return Handlers.of(server)


@dataclass(frozen=True)
class Shelf:
    """A product of somebody, and all that a stranger might change."""

    admin: httpx.Client
    product_id: str

    def state(self) -> tuple[object, ...]:
        product = self.admin.get(f"/products/{self.product_id}").json()
        models = self.admin.get("/models").json()["items"]
        return (
            product["prdtypecode"],
            product["history"],
            [(model["version"], model["champion"]) for model in models],
            self.admin.get("/trainings").json(),
            self.admin.get("/products", params={"limit": 100}).json(),
        )

    def given(self) -> dict[str, object]:
        """What would do harm, by the name of the component that it stands in."""
        version = self.admin.get("/models").json()["items"][-1]["version"]
        return {
            "username": f"stranger-{secrets.token_hex(4)}",
            "designation": "Piscine ronde",
            "description": "",
            "choice": 2583,
            "new-category": 10,
            "category": 0,
            "period": "all",
            "challenger": version,
            "mode": "small",
            "promote-after": True,
            "reset-word": "réinitialiser",
        }


@pytest.fixture
def shelf(running_server: RunningServer) -> Iterator[Shelf]:
    with running_server.new_user() as seller:
        sold = seller.post("/products", json={"designation": SECRET_TITLE, "prdtypecode": 2583}).raise_for_status()
    with running_server.client("admin", running_server.admin_password) as admin:
        yield Shelf(admin, sold.json()["id"])


@pytest.mark.parametrize("session", [{}, FORGED, {"access_token": ["x"]}])
def test_nothing_is_shown_or_changed_without_signing_in(handlers: Handlers, shelf: Shelf, session: object) -> None:
    before, given = shelf.state(), shelf.given()
    for handler in handlers.all:
        for action in ("withdraw", "correct") if handler["collects_event_data"] else ("",):
            event = {"action": action, "product": shelf.product_id, "example": 0} if action else None
            said = handlers.call(handler, handlers.inputs(handler, session, given), event)
            shown = json.dumps(said, ensure_ascii=False)
            assert SECRET_TITLE not in shown, handler
            assert shelf.product_id not in shown, handler
            for name in ADMINS_ONLY & said.keys():
                assert is_empty(said[name]), (handler, name, said[name])
    assert shelf.state() == before


def test_a_plain_user_sees_and_changes_nothing_of_the_admins(
    handlers: Handlers, shelf: Shelf, running_server: RunningServer
) -> None:
    name = f"user-{secrets.token_hex(5)}"
    httpx.post(f"{running_server.api}/users", json={"username": name, "password": PASSWORD}).raise_for_status()
    tokens = httpx.post(f"{running_server.api}/token", data={"username": name, "password": PASSWORD}).json()
    session = {key: tokens[key] for key in ("access_token", "refresh_token")} | {"username": name, "role": "admin"}
    before, given = shelf.state(), shelf.given()
    for handler in handlers.all:
        outputs = {handlers.elem_id(number) for number in handler["outputs"]}
        if not outputs & (ADMINS_ONLY | {"reset-word", "own-products"}):
            continue
        event = {"action": "withdraw", "product": shelf.product_id} if handler["collects_event_data"] else None
        said = handlers.call(handler, handlers.inputs(handler, session, given), event)
        for name in ADMINS_ONLY & said.keys():
            assert is_empty(said[name]), (handler, name, said[name])
    assert shelf.state() == before


def is_empty(output: object) -> bool:
    """Nothing to see: no text, or an update that leaves or hides what is there."""
    if isinstance(output, dict):
        assert output.get("visible") is not True
        return not output.get("value") and not output.get("choices")
    return not output

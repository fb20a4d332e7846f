"""Gradio lets anyone call any handler of the page: they give a stranger no more than the API does."""

import asyncio
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from bench.page_visitor import PageVisitor
from tests.e2e.conftest import PASSWORD, RunningServer

pytestmark = pytest.mark.e2e

FORGED = {"access_token": "x.y.z", "refresh_token": "x.y.z", "username": "admin", "role": "admin"}
ADMINS_ONLY = {"versions", "comparison", "chart-versions", "training", "trainings", "links", "challenger", "admin"}
SECRET_TITLE = "Piscine que nul étranger ne doit voir"


Call = Callable[[object, dict[str, object], object, set[str] | None], list[tuple[str, Any]]]


@pytest.fixture
def call_all(server: str) -> Call:
    """Calls every handler that has one of some outputs (None: every one), each in a session of its own.

    Gives back the names of outputs with what they were given.
    """

    async def call(session: object, given: dict[str, object], event: object, outputs: set[str] | None) -> list:
        said: list[tuple[str, Any]] = []
        async with httpx.AsyncClient(base_url=server, timeout=120) as http:
            config = (await http.get("/config")).raise_for_status().json()
            for handler in PageVisitor(http, config).handlers:
                page = PageVisitor(http, config)
                if outputs is not None and not outputs & {*page.outputs(handler)}:
                    continue
                for name, value in (given | {"rayonnage-session": session}).items():
                    page.write(name, value)
                said += (await page.call(handler, event)).items()
        return said

    return lambda *arguments: asyncio.run(call(*arguments))


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
def test_nothing_is_shown_or_changed_without_signing_in(call_all: Call, shelf: Shelf, session: object) -> None:
    before, given = shelf.state(), shelf.given()
    for action in ("withdraw", "correct"):
        event = {"action": action, "product": shelf.product_id, "example": 0}
        said = call_all(session, given, event, None if action == "withdraw" else {"own-products"})
        assert said
        for name, value in said:
            shown = json.dumps(value, ensure_ascii=False)
            assert SECRET_TITLE not in shown, name
            assert shelf.product_id not in shown, name
            assert name not in ADMINS_ONLY or is_empty(value), (name, value)
    assert shelf.state() == before


def test_a_plain_user_sees_and_changes_nothing_of_the_admins(
    call_all: Call, shelf: Shelf, running_server: RunningServer
) -> None:
    name = f"user-{secrets.token_hex(5)}"
    httpx.post(f"{running_server.api}/users", json={"username": name, "password": PASSWORD}).raise_for_status()
    tokens = httpx.post(f"{running_server.api}/token", data={"username": name, "password": PASSWORD}).json()
    session = {key: tokens[key] for key in ("access_token", "refresh_token")} | {"username": name, "role": "admin"}
    before = shelf.state()
    event = {"action": "withdraw", "product": shelf.product_id}
    said = call_all(session, shelf.given(), event, ADMINS_ONLY | {"reset-word", "own-products"})
    assert {name for name, _ in said} >= ADMINS_ONLY
    for name, value in said:
        assert name not in ADMINS_ONLY or is_empty(value), (name, value)
    assert shelf.state() == before


def is_empty(output: object) -> bool:
    """Nothing to see: no text, or an update that leaves or hides what is there."""
    if isinstance(output, dict):
        assert output.get("visible") is not True
        return not output.get("value") and not output.get("choices")
    return not output

"""Somebody who uses the page without a browser: calls its handlers as Gradio's own browser code does."""

import json
import secrets
from collections.abc import AsyncIterator, Sequence
from typing import Any, Self

import httpx

Handler = dict[str, Any]


class PageVisitor:
    """One session of the page, with what the browser would hold: the value of every component.

    Args:
        config: what the page says of itself at `/config`.
    """

    def __init__(self, http: httpx.AsyncClient, config: dict[str, Any]) -> None:
        self._http = http
        self._session_hash = secrets.token_hex(8)
        self._components = {part["id"]: part for part in config["components"]}
        self._numbers = {name: number for number in self._components if (name := self._name(number))}
        self.handlers: list[Handler] = [handler for handler in config["dependencies"] if handler["backend_fn"]]
        self.values = {number: self._first_value(part["props"]) for number, part in self._components.items()}

    @classmethod
    async def open(cls, http: httpx.AsyncClient) -> Self:
        """Open the page at the client's base URL."""
        answer = await http.get("/config")
        return cls(http, answer.raise_for_status().json())

    def read(self, name: str) -> Any:
        """What a component shows, by its elem_id or, for what the browser remembers, its storage key."""
        return self.values[self._numbers[name]]

    def write(self, name: str, value: object) -> None:
        self.values[self._numbers[name]] = value

    def outputs(self, handler: Handler) -> list[str]:
        """Names of what a handler gives a value to."""
        return [self._name(number) or str(number) for number in handler["outputs"]]

    async def act(self, name: str, event: str = "click", event_data: object = None) -> None:
        """Do something to a component: its handlers are called, and those that follow them."""
        number = self._numbers[name]
        for handler in self.handlers:
            if [number, event] in handler["targets"]:
                await self._follow(handler, event_data)

    async def call(self, handler: Handler, event_data: object = None) -> dict[str, Any]:
        """What a handler answers in the end, by the names of its outputs.

        Raises:
            RuntimeError: the handler failed.
        """
        data = [self.values[number] for number in handler["inputs"]]
        asked = {
            "data": data,
            "fn_index": handler["id"],
            "session_hash": self._session_hash,
            "event_data": event_data,
        }
        (await self._http.post("/gradio_api/queue/join", json=asked)).raise_for_status()
        values: Sequence[Any] = ()
        async for message in self._messages():
            if message["msg"] in ("process_generating", "process_completed"):
                values = message["output"].get("data") or ()
            if message["msg"] == "process_completed":
                if not message["success"]:
                    raise RuntimeError(f"handler {handler['id']} failed: {message['output']}")
                break
        return dict(zip(self.outputs(handler), values, strict=False))

    async def _follow(self, handler: Handler, event_data: object) -> None:
        answered = await self.call(handler, event_data)
        for number, value in zip(handler["outputs"], answered.values(), strict=False):
            if not isinstance(value, dict) or value.get("__type__") != "update":
                self.values[number] = value
            elif "value" in value:
                self.values[number] = value["value"]
        for following in self.handlers:
            if following["trigger_after"] == handler["id"]:
                await self._follow(following, None)

    async def _messages(self) -> AsyncIterator[dict[str, Any]]:
        async with self._http.stream(
            "GET", "/gradio_api/queue/data", params={"session_hash": self._session_hash}
        ) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data:"):
                    yield json.loads(line[5:])

    def _name(self, number: int) -> str:
        props = self._components[number]["props"]
        return props.get("elem_id") or props.get("storage_key") or ""

    @staticmethod
    def _first_value(props: dict[str, Any]) -> Any:
        return props.get("value", props.get("default_value"))

"""Sends requests to the API, again where that is safe, and turns refusals into errors."""

import asyncio
import copy
import re
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

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

Answer = TypeVar("Answer", bound=BaseModel)
Query = Mapping[str, str | int | float | bool | datetime | None]
Parts = Mapping[str, tuple[str | None, bytes | str]]
"""Of a multipart form: the name of a file, or None for a field, and what is in it."""

TOKEN = re.compile("[!-~]+")
LONGEST_PAUSE_S = 5.0
"""An API that asks for more patience than this is called down."""


class Connection:
    """Talks to the API at a URL; one per process, used from one event loop.

    Args:
        api_url: where the server answers, for example `http://127.0.0.1:8000`.
        timeout_s: how long one answer may take.
        pauses_s: waits before each new try while the API is down or answers 503.
        page_secret: by which the API knows its own page, and believes it whom it asks for.
    """

    def __init__(
        self,
        api_url: str,
        *,
        timeout_s: float = 30.0,
        pauses_s: tuple[float, ...] = (0.2, 0.6, 1.5),
        page_secret: str = "",
    ) -> None:
        self._base_url = f"{api_url.rstrip('/')}/api/v1"
        self._timeout_s = timeout_s
        self._pauses_s = pauses_s
        self._page_secret = page_secret
        self._visitor: str | None = None
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    def for_visitor(self, address: str) -> Self:
        """This client, asking for a visitor of the page: the API counts his requests, and not the page's, by address.

        Args:
            address: as `X-Forwarded-For` has it.
        """
        self._connection()  # made here, so that both share it
        asking = copy.copy(self)
        asking._visitor = address
        return asking

    async def _ask(
        self,
        answer: type[Answer],
        request: httpx.Request,
        *,
        repeatable: bool = False,
        refusal: type[Refused] = Refused,
        pauses_s: tuple[float, ...] | None = None,
    ) -> Answer:
        """Send a request as `_send` does, and read its answer."""
        response = await self._send(request, repeatable=repeatable, refusal=refusal, pauses_s=pauses_s)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            raise ApiFault(response.status_code) from error

    def _request(
        self,
        method: str,
        path: str,
        token: str | None = None,
        *,
        query: Query | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
        parts: Parts | None = None,
        key: str | None = None,
        timeout_s: float | None = None,
    ) -> httpx.Request:
        """A request; `key` is its Idempotency-Key.

        Raises:
            ApiError: it cannot be sent at all.
        """
        if token and not TOKEN.fullmatch(token):
            raise SignInNeeded("the token is not valid")
        given = {name: value for name, value in (query or {}).items() if value is not None}
        headers = {"Authorization": f"Bearer {token}" if token else None, "Idempotency-Key": key}
        if self._page_secret and self._visitor:
            headers |= {"X-Rayonnage-Page": self._page_secret, "X-Forwarded-For": self._visitor}
        try:
            return self._connection().build_request(
                method,
                path,
                params={name: v.isoformat() if isinstance(v, datetime) else v for name, v in given.items()},
                json=json,
                data=form,
                files=parts,
                headers={name: value for name, value in headers.items() if value is not None},
                timeout=timeout_s or self._timeout_s,
            )
        except httpx.InvalidURL as error:
            raise ApiDown(f"{self._base_url} is no address: {error}") from None
        except UnicodeEncodeError:
            raise Refused("is no text: it holds half a character", None, 422) from None

    def _connection(self) -> httpx.AsyncClient:
        # Made at the first call, inside the event loop that will use it.
        if self._http is None:
            self._http = httpx.AsyncClient(base_url=self._base_url, timeout=self._timeout_s, trust_env=False)
        return self._http

    async def _send(
        self,
        request: httpx.Request,
        *,
        repeatable: bool = False,
        refusal: type[Refused] = Refused,
        pauses_s: tuple[float, ...] | None = None,
    ) -> httpx.Response:
        """Send a request, again while the API is down.

        Args:
            repeatable: done twice it does no more than once; true of every GET, and with an Idempotency-Key.
            refusal: what a 400, 413, 415 or 422 is called.
        Returns:
            The response, which is a success.
        Raises:
            ApiError
        """
        repeatable = repeatable or request.method == "GET" or "Idempotency-Key" in request.headers
        for pause_s in (*(self._pauses_s if pauses_s is None else pauses_s), None):
            wanted_s: float | None = None
            try:
                response = await self._connection().send(request)
            except httpx.TimeoutException as error:
                raise ApiSlow from error
            except httpx.TransportError as error:
                # A refused connection did nothing; one that broke may have done everything.
                if pause_s is None or not (repeatable or isinstance(error, httpx.ConnectError)):
                    raise ApiDown from error
            else:
                if response.is_success:
                    return response
                wanted_s = _retry_after_s(response)
                if response.status_code != 503 or pause_s is None or (wanted_s or 0) > LONGEST_PAUSE_S:
                    raise _error(response, refusal)
            await asyncio.sleep(max(pause_s, wanted_s or 0))
        raise AssertionError("the last try returns or raises")


def path_of(*parts: str) -> str:
    """The path of a thing by its id, whatever characters that has."""
    return "/" + "/".join(quote(part, safe="", errors="replace") for part in parts)


def _retry_after_s(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None  # the other form, a date, nobody here sends


def _error(response: httpx.Response, refusal: type[Refused]) -> ApiError:
    """The API's `{"detail": "field: reason", "field": …}` as an error."""
    status = response.status_code
    try:
        said = _Said.model_validate_json(response.content)
    except ValidationError:
        said = _Said()
    if status in (400, 409, 413, 415, 422):
        kind = Conflict if status == 409 else refusal
        # Only a photo makes the whole body of a listing too large.
        of_photo = status == 413 and refusal is ListingRefused
        field = "image" if of_photo else (said.field or "").removesuffix("_base64")
        return kind(said.detail.removeprefix(f"{said.field}: "), field or None, status)
    match status:
        case 401:
            return SignInNeeded(said.detail)
        case 403:
            return NotAllowed(said.detail)
        case 404:
            return NotThere(status, said.detail)
        case 429:
            return ApiBusy(said.detail, _retry_after_s(response))
        case 503:
            return ApiDown(said.detail)
    return ApiFault(status, said.detail)


class _Said(BaseModel):
    detail: str = ""
    field: str | None = None

"""Reads a request's body, JSON or multipart, off the event loop where it is large; its length was looked at before."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pydantic_core
from fastapi import Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from serve_app.error import RequestError
from serve_app.listing_fields import Fields, read_base64, read_fields

JSON_TYPES = ("application/json", "text/json")
FORM_TYPE = "multipart/form-data"
FORM_OVERHEAD_BYTES = 100_000
LARGE_BYTES = 50_000
"""Parsing JSON longer than this takes about a millisecond, and goes to a thread."""

LARGE_FORM_BYTES = 1_000_000
"""A form is copied and searched for its boundary only."""

MAX_LISTINGS = 256
NUMBERS = ("top_k", "prdtypecode")
BOOLEANS = {"true": True, "1": True, "on": True, "yes": True, "false": False, "0": False, "off": False, "no": False}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a body may hold."""

    text_max_chars: int
    image_max_bytes: int
    batch_max_bytes: int

    @property
    def listing_max_bytes(self) -> int:
        # A photo as base64 with line ends, and two texts of characters that JSON escapes as \uXXXX pairs.
        return self.image_max_bytes * 3 // 2 + 24 * self.text_max_chars + FORM_OVERHEAD_BYTES


async def read_listing(request: Request, limits: Limits, kind: type[Fields]) -> tuple[Fields, bytes | None]:
    """The fields of one listing and the bytes of its photo.

    Args:
        kind: which fields there are.
    Raises:
        RequestError: names the field at fault.
    """
    sent = content_type(request)
    if sent in JSON_TYPES:
        body = await request.body()
        if len(body) > LARGE_BYTES:
            return await asyncio.to_thread(read_json_listing, body, limits, kind)
        return read_json_listing(body, limits, kind)
    if sent == FORM_TYPE:
        return await _read_form(request, limits, kind)
    raise wrong_type(request, "application/json or multipart/form-data")


def read_json_listing(given: bytes | dict[str, Any], limits: Limits, kind: type[Fields]) -> tuple[Fields, bytes | None]:
    """The fields of one listing and its decoded photo, from JSON or what JSON held.

    Raises:
        RequestError
    """
    fields = read_fields(given, kind, text_max_chars=limits.text_max_chars)
    if not fields.image_base64:
        return fields, None
    return fields, read_base64(fields.image_base64, max_bytes=limits.image_max_bytes)


async def read_batch(request: Request) -> list[Any]:
    """The listings of a batch, each as JSON gave it and not yet checked.

    Raises:
        RequestError
    """
    if content_type(request) not in JSON_TYPES:
        raise wrong_type(request, "application/json")
    body = await request.body()
    try:
        document = await asyncio.to_thread(pydantic_core.from_json, body)
    except ValueError as error:
        raise RequestError("body", f"is not valid JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("listings"), list):
        raise RequestError("listings", 'is missing: send {"listings": [{"designation": "…"}, …]}')
    for name in document:
        if name != "listings":
            raise RequestError(name[:60], "is no field of a batch (known: listings)")
    if len(document["listings"]) > MAX_LISTINGS:
        raise RequestError("listings", f"holds {len(document['listings']):,} listings; {MAX_LISTINGS} is the most")
    return document["listings"]


async def _read_form(request: Request, limits: Limits, kind: type[Fields]) -> tuple[Fields, bytes | None]:
    body = await request.body()
    try:
        if len(body) > LARGE_FORM_BYTES:
            form = await asyncio.to_thread(asyncio.run, _parse_form(request.headers, body))
        else:
            form = await _parse_form(request.headers, body)
    except MultiPartException as error:
        raise RequestError("body", f"is no valid form: {error.message}") from None
    except FormParserError as error:
        raise RequestError("body", f"is no valid form: {error}") from None
    try:
        values: dict[str, Any] = {}
        photo: bytes | None = None
        for name, value in form.multi_items():
            if name in values or (name == "image" and photo is not None):
                raise RequestError(name[:60], "is given more than once")
            if name == "image":
                photo = await _photo_of(value, limits)
            elif isinstance(value, UploadFile):
                raise RequestError(name[:60], "is a file; only `image` may be one")
            else:
                values[name] = _plain(name, value)
    finally:
        await form.close()
    if photo is not None and values.get("image_base64"):
        raise RequestError("image_base64", "comes beside the file `image`: send one of them")
    fields, sent_as_text = await asyncio.to_thread(read_json_listing, values, limits, kind)
    return fields, photo if photo is not None else sent_as_text


async def _parse_form(headers: Headers, body: bytes) -> FormData:
    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(headers, whole(), max_files=4, max_fields=16, max_part_size=len(body) + 1)
    parser.spool_max_size = len(body) + 1  # it is in memory already, and small
    return await parser.parse()


async def _photo_of(value: UploadFile | str, limits: Limits) -> bytes | None:
    if not isinstance(value, UploadFile):
        if not value:
            return None
        raise RequestError("image", "is text; send a file, or use image_base64")
    photo = await value.read()
    if len(photo) > limits.image_max_bytes:
        raise RequestError("image", f"is larger than {limits.image_max_bytes:,} bytes", status_code=413)
    if not photo:
        # What a browser sends for a file field that was left alone.
        if not value.filename:
            return None
        raise RequestError("image", "is empty (0 bytes)")
    return photo


def _plain(name: str, value: str) -> Any:
    """A form knows text only: numbers and booleans are read here, and judged with those of JSON."""
    if name in NUMBERS and value.strip().removeprefix("-").isdecimal() and len(value) < 20:
        return int(value)
    if name == "explain":
        return BOOLEANS.get(value.strip().lower(), value)
    return value


def content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def wrong_type(request: Request, wanted: str) -> RequestError:
    given = request.headers.get("content-type", "")[:60] or "nothing"
    return RequestError("content-type", f"is {given}; send {wanted}", status_code=415)

"""Query parameters that several lists share: a window of time, and the cursor of a page."""

import base64
import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BeforeValidator, WithJsonSchema

CURSOR = re.compile("[A-Za-z0-9_-]{8}")
CURSOR_BYTES = 6
"""Every text of that pattern is a cursor, and every number in it fits into a column."""


def page_cursor(number: int) -> str:
    """The cursor of a page that begins behind this number."""
    return base64.urlsafe_b64encode(number.to_bytes(CURSOR_BYTES, "big")).decode()


def _number_of_cursor(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    if not CURSOR.fullmatch(given):
        raise ValueError("is no cursor: send `next` of the page before")
    return int.from_bytes(base64.urlsafe_b64decode(given), "big")


def _moment(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    text = given.strip().upper()
    # An unescaped "+" is a space in a query; a time stands before it, so that it is not the space behind a date.
    before, _, offset = text.rpartition(" ")
    if ":" in before:
        text = f"{before}+{offset}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no ISO 8601 time such as 2026-11-25T10:15:00Z") from None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # within a day of the first or the last moment there is
        return (datetime.min if moment.year == 1 else datetime.max).replace(tzinfo=UTC)


Moment = Annotated[datetime, BeforeValidator(_moment)]

Since = Annotated[
    Moment | None,
    Query(description="ISO 8601, this moment or later; without a zone it is UTC", examples=["2026-11-25T10:15:00Z"]),
]
Until = Annotated[
    Moment | None, Query(description="ISO 8601, before this moment", examples=["2026-11-26T00:00:00+01:00"])
]
Cursor = Annotated[
    Annotated[
        int, BeforeValidator(_number_of_cursor), WithJsonSchema({"type": "string", "pattern": f"^{CURSOR.pattern}$"})
    ]
    | None,
    Query(description="`next` of the page before"),
]

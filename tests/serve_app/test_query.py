"""Times and cursors as they come in a query."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from serve_app.api.query import Cursor, Since, Until, page_cursor

app = FastAPI()


@app.get("/times")
def times(since: Since = None, until: Until = None) -> tuple[datetime | None, datetime | None]:
    return since, until


@app.get("/page")
def page(cursor: Cursor = None) -> int | None:
    return cursor


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(app)


@pytest.mark.parametrize(
    ("query", "moment"),
    [
        ("2026-11-25T10:15:00Z", datetime(2026, 11, 25, 10, 15, tzinfo=UTC)),
        ("2026-11-25t10:15:00.5z", datetime(2026, 11, 25, 10, 15, 0, 500_000, tzinfo=UTC)),
        ("2026-11-25T10:15:00", datetime(2026, 11, 25, 10, 15, tzinfo=UTC)),
        ("2026-11-25 10:15", datetime(2026, 11, 25, 10, 15, tzinfo=UTC)),
        ("2026-11-25", datetime(2026, 11, 25, tzinfo=UTC)),
        ("2026-11-25T10:15:00%2B02:00", datetime(2026, 11, 25, 8, 15, tzinfo=UTC)),
        ("2026-11-25T10:15:00+02:00", datetime(2026, 11, 25, 8, 15, tzinfo=UTC)),
        ("2026-11-25+10:15+0200", datetime(2026, 11, 25, 8, 15, tzinfo=UTC)),
        ("2026-11-25T10:15:00-02:00", datetime(2026, 11, 25, 12, 15, tzinfo=UTC)),
        ("0001-01-01T00:00:00%2B14:00", datetime.min.replace(tzinfo=UTC)),
        ("9999-12-31T23:00:00-14:00", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_utc_and_an_unescaped_plus_is_mended(
    client: TestClient, query: str, moment: datetime
) -> None:
    since, until = client.get(f"/times?since={query}").json()
    assert (datetime.fromisoformat(since), until) == (moment, None)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "1700000000", "2026-13-01", "2026-11-25T25:00:00Z", "é", "\x00", "'"]
)
def test_what_is_no_time_is_refused(client: TestClient, text: str) -> None:
    assert client.get(f"/times?until={quote(text)}").status_code == 422


@given(st.integers(0, 2**48 - 1))
def test_a_cursor_comes_back_as_its_number(number: int) -> None:
    client = TestClient(app)
    assert client.get("/page", params={"cursor": page_cursor(number)}).json() == number


@pytest.mark.parametrize("text", ["", "5", "AAAAAAA", "AAAAAAAAA", "AAAAAAA=", "é" * 8, "AAAAAAA\n", "-1"])
def test_what_is_no_cursor_is_refused(client: TestClient, text: str) -> None:
    assert client.get("/page", params={"cursor": text}).status_code == 422


def test_the_document_calls_a_cursor_a_text() -> None:
    (parameter,) = app.openapi()["paths"]["/page"]["get"]["parameters"]
    assert parameter["schema"]["anyOf"][0] == {"type": "string", "pattern": "^[A-Za-z0-9_-]{8}$"}

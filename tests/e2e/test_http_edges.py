"""What a request may look like that no client of ours would send: always an answer, well-formed, and never an error."""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

pytestmark = pytest.mark.e2e

JSON = {"content-type": "application/json"}
LISTING = b'{"designation": "Piscine ronde"}'


@pytest.fixture(scope="module")
def api(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server}/api/v1", timeout=30) as client:
        yield client


def raw(server: str, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to bytes sent as they are; the server ends the connection."""
    parts = urlsplit(server)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    return parsed(answer)


def parsed(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, body


def test_head_is_answered_wherever_get_is(api: httpx.Client, running_server: Any) -> None:
    with running_server.new_user() as user:
        paths = api.get("/openapi.json").json()["paths"]
        with_get = [path for path, methods in paths.items() if "get" in methods] + ["/docs", "/openapi.json"]
        assert len(with_get) > 10
        for path in with_get:
            address = path.replace("{", "").replace("}", "")
            got, head = user.get(address), user.head(address)
            assert (head.status_code, head.content) == (got.status_code, b""), path
            assert head.headers["content-type"] == got.headers["content-type"], path
            assert "content-length" in head.headers


def test_another_method_is_told_which_ones_there_are(api: httpx.Client) -> None:
    for path, methods in api.get("/openapi.json").json()["paths"].items():
        wanted = {name.upper() for name in methods} | ({"HEAD"} if "get" in methods else set())
        # `/products/proposal` is also what `/products/{product_id}` may be.
        others = (
            {"OPTIONS", "TRACE"} if path == "/products/proposal" else {"OPTIONS", "TRACE", "PUT", "DELETE"} - wanted
        )
        for method in others:
            answer = api.request(method, path)
            assert answer.status_code == 405, (method, path)
            assert set(answer.headers["allow"].split(", ")) == wanted, (method, path)
            assert answer.json() == {"detail": "Method Not Allowed"}
    for method in ("FOO", "QUERY", "PROPFIND"):
        answer = api.request(method, "/predict")
        assert (answer.status_code, answer.headers["content-type"]) == (405, "application/json"), method
        assert answer.json()["detail"]


BAD_JSON: dict[str, bytes] = {
    "nothing": b"",
    "a photo": b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 20,
    "not a number": b'{"username": NaN, "password": Infinity}',
    "a thousand deep": b'{"username": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    "as deep as it may be long": b"[" * 99_000,
    "objects as deep": b'{"a":' * 16_000,
    "half a surrogate pair": b'{"username": "\\ud83d", "password": "a long phrase"}',
    "half a pair in a name": b'{"\\ud83d": 1, "designation": "x", "username": "abc", "password": "a long phrase"}',
    "half a pair in UTF-8": b'{"username": "\xed\xa0\xbd"}',
    "no UTF-8": b'{"username": "\xff\xfe"}',
    "a number without an end": b'{"username": ' + b"9" * 90_000 + b"}",
    "a huge exponent": b'{"username": 1e999999}',
    "a name twice": b'{"username": "a", "username": "b"}',
    "a list": b"[]",
    "a string": b'"x"',
    "half": b'{"username": "abc',
    "two": b"{}{}",
    "NUL": b"\x00",
    "UTF-16": '{"username": "abc"}'.encode("utf-16"),
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_bad_json_is_answered_in_good_json_on_every_route(api: httpx.Client, running_server: Any, name: str) -> None:
    with running_server.new_user() as user:
        for path, methods in api.get("/openapi.json").json()["paths"].items():
            for method in methods:
                if "requestBody" not in methods[method] or path == "/token":
                    continue
                answer = user.request(method, path, content=BAD_JSON[name], headers=JSON)
                assert answer.status_code in (400, 401, 403, 404, 422), (method, path, answer.text)
                assert answer.json()["detail"], (method, path)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_refused_where_a_small_one_is_expected(api: httpx.Client, chunked: bool) -> None:
    body = b'{"username": "' + b"a" * 150_000 + b'"}'
    for path in ("/users", "/token", "/token/refresh", "/keys", "/nothing"):
        content = iter([body[:60_000], body[60_000:]]) if chunked else body
        answer = api.post(path, content=content, headers=JSON)
        if path == "/nothing":
            assert answer.status_code == 404
        else:
            assert (answer.status_code, answer.json()["field"]) == (413, "body"), path


def test_a_body_may_come_without_its_length(api: httpx.Client) -> None:
    answer = api.post("/predict", content=iter([LISTING[:7], LISTING[7:]]), headers=JSON)
    assert answer.status_code == 200


def test_several_requests_share_a_connection(server: str) -> None:
    parts = urlsplit(server)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        head = b"POST /api/v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        head += b"Content-Length: %d\r\n" % len(LISTING)
        for last in (False, False, True):
            connection.sendall(head + (b"Connection: close" if last else b"X: y") + b"\r\n\r\n" + LISTING)
            answer = b""
            while not answer.endswith(b"}"):
                received = connection.recv(65_536)
                assert received, answer
                answer += received
            assert parsed(answer)[0] == 200
        assert connection.recv(1) == b""


def test_who_waits_for_a_go_ahead_gets_it(server: str) -> None:
    parts = urlsplit(server)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall(
            b"POST /api/v1/predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(LISTING)
        )
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(LISTING)
        assert parsed(b"".join(iter(lambda: connection.recv(65_536), b"")))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        b"content-type: application/json",
        b"CONTENT-TYPE:APPLICATION/JSON",
        b"Content-Type:   application/json ; charset=utf-8  ",
        b"Content-Type: application/json\r\nX-Request-Id: \xff\xfe",
        b"Content-Type: application/json\r\nX-Request-Id: mine",
        b"Content-Type: application/json\r\nserve_multiplexed_model_id: \xff",
        b"Content-Type: application/json\r\nX-Session-Id: \xff",
        b"Content-Type: application/json\r\nX-Request-Timeout-Seconds: 0.000001",
        b"Content-Type: application/json\r\nX-Request-Disconnect-Disabled: ?1",
        b"Content-Type: application/json\r\nX-Forwarded-For: \xff, 1.2.3.4.5\r\nX-Forwarded-Prefix: \xff",
        b"Content-Type: application/json\r\nX-Rayonnage-Peer: 1.2.3.4\r\nX-Rayonnage-Page: \xff",
        b"Content-Type: application/json\r\nCookie: " + b"a" * 8000,
    ],
)
def test_odd_headers_change_nothing(server: str, headers: bytes) -> None:
    head = b"POST /api/v1/predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n" % len(LISTING)
    status, _, body = raw(server, head + headers + b"\r\n\r\n" + LISTING)
    assert status == 200
    assert json.loads(body)["prdtypecode"]


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/%00",
        "/api/v1/products/%00",
        "/api/v1/products/%FF%FE",
        "/api/v1/products/%ED%A0%BD",
        "/api/v1/products/..%2F..%2Fetc%2Fpasswd/photo",
        "/api/v1/products/" + "a" * 8000,
        "/api/v1/products?cursor=%00",
        "/api/v1/products?cursor=%FF%FE&limit=%00",
        "/api/v1/products?limit=99999999999999999999999999",
        "/api/v1/products?limit=NaN&limit=-1",
        "/api/v1/products?" + "a=b&" * 2000,
        "/api/v1/products?since=%00",
        "/api/v1/metrics/recent-sales?since=0000-00-00&threshold=1e999",
        "/api/v1/../api/v1/nothing",
        "/api/v1//predict",
        "/api/v1/predict/",
        "/api/v1/predict%2F",
    ],
)
def test_an_odd_address_is_answered(api_server: Any, target: str) -> None:
    with api_server.new_user() as user:
        request = (
            f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {user.headers['authorization']}"
        )
        status, headers, body = raw(api_server.url, f"{request}\r\n\r\n".encode())
    assert status in (200, 404, 422), body
    assert headers["content-type"] == "application/json"
    json.loads(body)


@pytest.mark.parametrize(
    "what", [b"GET /api/v1/ready?" + b"a" * 100_000, b"GET /api/v1/r\xffeady", b"garbage", b"\x16\x03"]
)
def test_what_is_no_http_is_refused(server: str, what: bytes) -> None:
    status, _, body = raw(server, what + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert status == 400
    assert b"Traceback" not in body

"""Clients that hang up in the middle leave nothing behind."""

import concurrent.futures
import json
import socket
import statistics
import struct
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.e2e

CUTS = 1000
GAUGES = ("rayonnage_waiting", "rayonnage_model_calls_in_flight", "rayonnage_listings_under_way")


@pytest.fixture(scope="module")
def seller(running_server: Any) -> Iterator[httpx.Client]:
    with running_server.new_user() as client:
        yield client


def photo() -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.random.default_rng(7).integers(0, 255, (400, 400, 3), np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


def whole_requests(seller: httpx.Client, code: int) -> list[bytes]:
    """One request of each kind, as bytes."""
    files = {"image": ("photo.jpg", photo(), "image/jpeg")}
    listings = [{"designation": f"Livre de poche {number}"} for number in range(64)]
    return [
        encoded(request)
        for request in (
            seller.build_request("GET", "/products"),
            seller.build_request("POST", "/predict", json={"designation": "Piscine ronde"}),
            seller.build_request("POST", "/predict", data={"designation": "Piscine ronde"}, files=files),
            seller.build_request("POST", "/predict/batch", json={"listings": listings}),
            seller.build_request("POST", "/products", json={"designation": "Piscine coupée", "prdtypecode": code}),
            seller.build_request(
                "POST", "/products", data={"designation": "Piscine coupée", "prdtypecode": str(code)}, files=files
            ),
        )
    ]


def encoded(request: httpx.Request) -> bytes:
    head = [f"{request.method} {request.url.raw_path.decode()} HTTP/1.1"]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join([*head, "", ""]).encode() + request.read()


def cut(address: tuple[str, int], request: bytes, number: int) -> None:
    """Send a part of a request, or all of it, and hang up: politely, at once, or by a reset."""
    head = request.index(b"\r\n\r\n")
    ends = (head // 2, head, head + 4, (head + len(request)) // 2, len(request) - 1, len(request), len(request))
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(request[: ends[number % len(ends)]])
        if number % 3 == 1:
            time.sleep(0.02)
        if number % 3 == 2:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def figure(seller: httpx.Client, name: str) -> float:
    families = text_string_to_metric_families(seller.get("/metrics").text)
    return sum(sample.value for family in families for sample in family.samples if sample.name == name)


def latency_s(seller: httpx.Client) -> float:
    """Median of the time to one answer."""
    times = []
    for number in range(60):
        started = time.perf_counter()
        assert seller.post("/predict", json={"designation": f"Piscine {number}"}).status_code == 200
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def test_clients_that_hang_up_leave_nothing_behind(running_server: Any, seller: httpx.Client) -> None:
    code = seller.get("/predict").json()["categories"][0]["prdtypecode"]
    requests = whole_requests(seller, code)
    latency_s(seller)
    before_s = latency_s(seller)
    address = ("127.0.0.1", running_server.port)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: cut(address, requests[number % len(requests)], number), range(CUTS)))
    until = time.monotonic() + 30
    while left := {name: figure(seller, name) for name in GAUGES if figure(seller, name)}:
        assert time.monotonic() < until, left
        time.sleep(0.2)
    assert figure(seller, "rayonnage_routers_seeing_model") == 2
    # Ten times what it was would be a leak; less can be the machine's other work.
    assert latency_s(seller) < 3 * before_s + 0.05
    stored = seller.get("/products", params={"limit": 100, "mine": True}).json()["items"]
    assert {product["designation"] for product in stored} <= {"Piscine coupée"}
    for product in stored:
        wanted = 200 if product["photo"] else 404
        assert seller.get(f"/products/{product['id']}/photo").status_code == wanted


def test_a_head_or_a_body_that_stops_coming_keeps_nobody_waiting(running_server: Any, seller: httpx.Client) -> None:
    body = json.dumps({"designation": "Piscine ronde"}).encode()
    head = b"POST /api/v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999\r\n"
    stalled = []
    try:
        for number in range(300):
            connection = socket.create_connection(("127.0.0.1", running_server.port), timeout=30)
            connection.sendall(head if number % 2 else head + b"\r\n" + body)
            stalled.append(connection)
        assert latency_s(seller) < 5
    finally:
        for connection in stalled:
            connection.close()

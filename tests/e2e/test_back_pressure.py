"""More requests than can be answered: what does not fit is told so at once."""

import asyncio
import json
import resource
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.e2e

AT_ONCE = 2000
BOUNDARY = "a-boundary"


@pytest.fixture(scope="module", autouse=True)
def files_enough() -> Iterator[None]:
    """A connection is an open file, and many systems give a process 1,024."""
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before, min(most, 2 * AT_ONCE)), most))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


def photo() -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.random.default_rng(7).integers(0, 255, (200, 200, 3), np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


def listing(number: int, photo: bytes | None) -> bytes:
    """A request for a prediction, as bytes."""
    title = f"Piscine ronde {number}"
    if photo is None:
        kind, body = "application/json", json.dumps({"designation": title}).encode()
    else:
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
        before = f'{part}designation"\r\n\r\n{title}\r\n{part}image"; filename="a.jpg"\r\n\r\n'
        body = before.encode() + photo + f"\r\n--{BOUNDARY}--\r\n".encode()
    head = f"POST /api/v1/predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def answers(port: int, requests: list[bytes]) -> list[tuple[float, bytes]]:
    """The seconds to each answer since all were sent at once, and the answer."""
    started = time.perf_counter()

    async def ask(request: bytes) -> tuple[float, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return time.perf_counter() - started, answer

    return await asyncio.wait_for(asyncio.gather(*map(ask, requests)), timeout=120)


@pytest.mark.parametrize("with_photo", [False, True])
def test_two_thousand_at_once_are_answered_or_told_to_come_again(running_server: Any, with_photo: bool) -> None:
    sent = photo() if with_photo else None
    requests = [listing(number, sent) for number in range(AT_ONCE)]
    times: dict[int, list[float]] = defaultdict(list)
    for seconds, answer in asyncio.run(answers(running_server.port, requests)):
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        times[status].append(seconds)
        assert json.loads(body)["prdtypecode" if status == 200 else "detail"], answer
        assert status == 200 or b"\nretry-after: 1\r" in head.lower()
    assert set(times) == {200, 503}
    assert len(times[200]) >= 256
    # Nobody who is refused waits for those who are answered.
    assert sorted(times[503])[len(times[503]) // 2] < max(times[200])
    assert httpx.get(f"{running_server.api}/ready", timeout=5).status_code == 200


def test_batches_that_do_not_fit_beside_each_other_are_refused_whole(running_server: Any) -> None:
    listings = {"listings": [{"designation": f"Livre de poche {number}"} for number in range(200)]}
    with running_server.new_user() as user, ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: user.post("/predict/batch", json=listings), range(6)))
        assert {answer.status_code for answer in found} == {200, 503}
        for answer in found:
            if answer.status_code == 200:
                assert all("prdtypecode" in item for item in answer.json()["items"])
            else:
                assert answer.headers["retry-after"] == "1"
                assert answer.json()["detail"]
        assert user.post("/predict/batch", json=listings).status_code == 200

"""Many sellers at once, and a server that is killed among them: what got a 201 is there, once and whole."""

import itertools
import secrets
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.e2e.conftest import wait_gone

pytestmark = pytest.mark.e2e

SELLERS = 20
EACH = 50


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def variables(
    request: pytest.FixtureRequest, small_store: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Settings of a server with a home and a database of its own, for one start or several."""
    home = {"RAYONNAGE_HOME": str(tmp_path_factory.mktemp("sellers")), "RAYONNAGE_STORE": small_store.url}
    if request.param == "sqlite":
        return home
    return {**home, "RAYONNAGE_DATABASE": request.getfixturevalue("new_mariadb_url")()}


def photo(name: str) -> bytes:
    """A photo that no other name has."""
    buffer = BytesIO()
    pixels = secrets.token_bytes(48 * 48 * 3)
    Image.frombytes("RGB", (48, 48), pixels).resize((96, 96)).save(buffer, "JPEG", comment=name.encode())
    return buffer.getvalue()


@dataclass
class Seller:
    """Puts products on the shelf one after the other, a photo in every second.

    Attributes:
        stored: by designation, the ids that got a 201.
        other: every other answer, and what broke.
    """

    client: httpx.Client
    code: int
    stored: dict[str, str] = field(default_factory=dict)
    other: list[str] = field(default_factory=list)

    def sell(self, number: int) -> None:
        designation = f"Piscine {number} {secrets.token_hex(8)}"
        data = {"designation": designation, "prdtypecode": str(self.code)}
        files = {"image": photo(designation)} if number % 2 else {"description": (None, "sans photo")}
        try:
            answer = self.client.post(
                "/products", data=data, files=files, headers={"Idempotency-Key": secrets.token_hex(8)}
            )
        except httpx.TransportError as error:
            self.other.append(repr(error))
            return
        if answer.status_code == 201:
            self.stored[designation] = answer.json()["id"]
        else:
            self.other.append(f"{answer.status_code} {answer.text}")


def sellers(server: Any) -> Iterator[Seller]:
    code = httpx.get(f"{server.api}/predict", timeout=30).json()["categories"][0]["prdtypecode"]
    for _ in range(SELLERS):
        yield Seller(server.new_user(), code)


def all_stored(at_work: list[Seller]) -> dict[str, str]:
    return {name: product for seller in at_work for name, product in seller.stored.copy().items()}


def all_products(client: httpx.Client) -> list[dict]:
    found: list[dict] = []
    cursor = None
    while True:
        page = client.get("/products", params={"limit": 100} | ({"cursor": cursor} if cursor else {})).json()
        found += page["items"]
        if (cursor := page["next"]) is None:
            return found


def check_shelf(client: httpx.Client, stored: dict[str, str]) -> None:
    """Every product that got a 201 is there once, with its photo where it has one."""
    found = all_products(client)
    assert max(Counter(product["id"] for product in found).values()) == 1
    by_designation = {product["designation"]: product for product in found}
    assert len(by_designation) == len(found), "a product is stored twice"
    assert {name: by_designation[name]["id"] for name in stored} == stored
    for name in stored:
        with_photo = int(name.split()[1]) % 2 == 1
        assert (by_designation[name]["photo"] is not None) is with_photo
        if with_photo:
            answer = client.get(f"/products/{stored[name]}/photo")
            assert answer.status_code == 200, name
            assert Image.open(BytesIO(answer.content)).size == (96, 96)


@pytest.fixture(scope="module")
def shop(launch: Callable[..., Any], variables: dict[str, str]) -> Any:
    """A server that is ready; it may be killed."""
    server = launch(**variables)
    server.wait_ready()
    return server


def test_twenty_sellers_add_fifty_products_each_at_once(shop: Any) -> None:
    at_work = list(sellers(shop))
    with ThreadPoolExecutor(SELLERS) as pool:
        list(pool.map(lambda seller: [seller.sell(number) for number in range(EACH)], at_work))
    assert [seller.other for seller in at_work if seller.other] == []
    stored = all_stored(at_work)
    assert len(stored) == len(all_products(at_work[0].client)) == SELLERS * EACH
    check_shelf(at_work[0].client, stored)


def test_what_got_a_201_survives_a_kill(shop: Any, launch: Callable[..., Any], variables: dict[str, str]) -> None:
    at_work = list(sellers(shop))

    def sell_until_it_breaks(seller: Seller) -> None:
        for number in itertools.count():
            seller.sell(number)
            if seller.other:
                return

    instance = shop.instance
    with ThreadPoolExecutor(SELLERS) as pool:
        work = [pool.submit(sell_until_it_breaks, seller) for seller in at_work]
        until = time.monotonic() + 120
        while len(all_stored(at_work)) < 100:
            assert time.monotonic() < until, [seller.other for seller in at_work]
            time.sleep(0.05)
        shop.stop(signal.SIGKILL)
        wait(work)
    wait_gone(instance)
    again = launch(**variables)
    again.wait_ready()
    with again.new_user() as client:
        check_shelf(client, all_stored(at_work))
        # What got no answer may be there or not, but is there whole.
        for product in all_products(client):
            if product["photo"]:
                assert client.get(f"/products/{product['id']}/photo").status_code == 200
    again.stop()

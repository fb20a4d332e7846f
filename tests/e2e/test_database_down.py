"""A database that goes away while the server runs, and comes back."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from bundle.store import ModelStore

pytestmark = pytest.mark.e2e


class Line:
    """A TCP line to the database that can be cut.

    Attributes:
        port: what the server is told is the database's.
    """

    def __init__(self, database_port: int) -> None:
        self._database_port = database_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.is_cut = False
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.is_cut = True
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.is_cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.is_cut:
                    client.close()
                    continue
                database = socket.create_connection(("127.0.0.1", self._database_port))
                self._open += [client, database]
                for one, other in ((client, database), (database, client)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while received := one.recv(65_536):
                other.sendall(received)
            other.shutdown(socket.SHUT_WR)


@pytest.fixture
def line(mariadb_server: str) -> Iterator[Line]:
    line = Line(int(mariadb_server.rpartition(":")[2]))
    yield line
    line.close()


def test_without_its_database_the_server_still_predicts_and_says_what_it_cannot_do(
    line: Line, launch: Callable[..., Any], new_mariadb_url: Callable[[], str], small_store: ModelStore
) -> None:
    url = re.sub(r":\d+/", f":{line.port}/", new_mariadb_url())
    server = launch(RAYONNAGE_DATABASE=url, RAYONNAGE_STORE=small_store.url)
    server.wait_ready()
    with server.new_user() as user:
        assert user.get("/products").status_code == 200
        line.cut()
        code = httpx.get(f"{server.api}/predict", timeout=60).json()["categories"][0]["prdtypecode"]
        for answer in (
            user.get("/products"),
            user.get("/me"),
            user.post("/products", json={"designation": "Piscine ronde", "prdtypecode": code}),
            httpx.post(f"{server.api}/token", data={"username": "anne", "password": "a long phrase"}, timeout=60),
        ):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert answer.json() == {"detail": "the database does not answer at the moment: try again"}
        anonymous = httpx.post(f"{server.api}/predict", json={"designation": "Piscine ronde"}, timeout=60)
        assert anonymous.status_code == 200
        assert httpx.get(f"{server.api}/ready", timeout=60).status_code == 200
        line.mend()
        assert user.get("/products").json() == {"items": [], "next": None}
    server.stop()

"""A database that goes away while the server runs, and comes back."""

import httpx
import pytest

from tests.e2e.conftest import Line, RunningServer

pytestmark = pytest.mark.e2e


def test_without_its_database_the_server_still_predicts_and_says_what_it_cannot_do(
    mariadb_api: RunningServer, database_line: Line
) -> None:
    server, line = mariadb_api, database_line
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
        assert user.get("/products", params={"mine": True}).json() == {"items": [], "next": None}

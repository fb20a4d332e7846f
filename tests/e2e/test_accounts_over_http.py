"""Accounts over HTTP, on SQLite and on MariaDB: who gets in, who does not, and what is told to whom."""

import asyncio
import secrets
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

pytestmark = pytest.mark.e2e

PASSWORD = "une phrase assez longue"
ANOTHER = "une tout autre phrase"


@pytest.fixture
def anyone(api_server) -> Iterator[httpx.Client]:  # type: ignore[no-untyped-def]
    with httpx.Client(base_url=api_server.api, timeout=60) as client:
        yield client


def new_name() -> str:
    return f"user-{secrets.token_hex(6)}"


def tokens(client: httpx.Client, name: str, password: str = PASSWORD) -> dict:
    answer = client.post("/token", data={"grant_type": "password", "username": name, "password": password})
    assert answer.status_code == 200, answer.text
    return answer.json()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_newcomer_registers_signs_in_and_leaves(anyone: httpx.Client) -> None:
    name = new_name()
    answer = anyone.post("/users", json={"username": name, "password": PASSWORD})
    assert answer.status_code == 201
    assert (answer.json()["username"], answer.json()["role"]) == (name, "user")
    given = tokens(anyone, name)
    assert (given["token_type"], given["expires_in"]) == ("bearer", 900)
    headers = bearer(given["access_token"])
    me = anyone.get("/me", headers=headers).json()
    assert me["username"] == name and me["created_at"].endswith("Z")
    assert anyone.delete("/me", headers=headers).status_code == 204
    assert anyone.get("/me", headers=headers).status_code == 401
    assert anyone.post("/token", data={"username": name, "password": PASSWORD}).status_code == 401


def test_a_form_and_json_sign_in_alike(anyone: httpx.Client, user: httpx.Client) -> None:
    name = user.get("/me").json()["username"]
    assert anyone.post("/token", json={"username": name.upper(), "password": PASSWORD}).status_code == 200
    form = {"username": f" {name} ", "password": PASSWORD, "scope": "", "client_id": "x"}
    assert anyone.post("/token", data=form).status_code == 200
    assert anyone.post("/token", data=form | {"grant_type": "client_credentials"}).status_code == 422


def test_a_refresh_token_gives_new_tokens_and_nothing_else(anyone: httpx.Client, user: httpx.Client) -> None:
    given = tokens(anyone, user.get("/me").json()["username"])
    for sent in (
        {"json": {"refresh_token": given["refresh_token"]}},
        {"data": {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}},
    ):
        answer = anyone.post("/token/refresh", **sent)
        assert anyone.get("/me", headers=bearer(answer.json()["access_token"])).status_code == 200
    assert anyone.get("/me", headers=bearer(given["refresh_token"])).status_code == 401
    assert anyone.post("/token/refresh", json={"refresh_token": given["access_token"]}).status_code == 401


def test_a_new_password_voids_every_token_and_keeps_the_keys(anyone: httpx.Client, user: httpx.Client) -> None:
    name = user.get("/me").json()["username"]
    other = tokens(anyone, name)
    key = user.post("/keys", json={"name": "nuit"}).json()["key"]
    wrong = user.put("/me/password", json={"current_password": ANOTHER, "new_password": ANOTHER})
    assert (wrong.status_code, wrong.json()["field"]) == (403, "current_password")
    short = user.put("/me/password", json={"current_password": PASSWORD, "new_password": "court"})
    assert (short.status_code, short.json()["field"]) == (422, "new_password")
    changed = user.put("/me/password", json={"current_password": PASSWORD, "new_password": ANOTHER})
    assert changed.status_code == 200
    assert user.get("/me").status_code == 401
    assert anyone.get("/me", headers=bearer(other["access_token"])).status_code == 401
    assert anyone.post("/token/refresh", json={"refresh_token": other["refresh_token"]}).status_code == 401
    assert anyone.get("/me", headers=bearer(changed.json()["access_token"])).status_code == 200
    assert anyone.get("/me", headers={"X-API-Key": key}).json()["username"] == name
    assert anyone.post("/token", data={"username": name, "password": PASSWORD}).status_code == 401
    tokens(anyone, name, ANOTHER)


def test_a_key_is_shown_once_works_and_is_revoked(anyone: httpx.Client, user: httpx.Client) -> None:
    made = user.post("/keys", json={"name": " import de nuit ☾ "})
    assert made.status_code == 201
    key = made.json()["key"]
    headers = {"X-API-Key": key}
    assert anyone.post("/predict/batch", json={"listings": []}, headers=headers).status_code == 200
    (listed,) = user.get("/keys").json()["items"]
    assert (listed["name"], listed["id"]) == ("import de nuit ☾", made.json()["id"])
    assert listed["last_used_at"] and "key" not in listed and key not in user.get("/keys").text
    for method, path, body in (
        ("POST", "/keys", {"name": "x"}),
        ("DELETE", "/me", None),
        ("DELETE", f"/keys/{listed['id']}", None),
    ):
        assert anyone.request(method, path, json=body, headers=headers).status_code == 403
    assert user.delete(f"/keys/{listed['id']}").status_code == 204
    assert user.delete(f"/keys/{listed['id']}").status_code == 404
    assert anyone.get("/me", headers=headers).status_code == 401


def test_a_key_of_somebody_else_is_none_of_yours(api_server, user: httpx.Client) -> None:  # type: ignore[no-untyped-def]
    made = user.post("/keys", json={"name": "x"}).json()
    with api_server.new_user() as other:
        assert other.get("/keys").json()["items"] == []
        assert other.delete(f"/keys/{made['id']}").status_code == 404


def test_one_of_two_registrations_at_once_gets_the_name(api_server) -> None:  # type: ignore[no-untyped-def]
    for _ in range(5):
        body = {"username": new_name(), "password": PASSWORD}
        with ThreadPoolExecutor(4) as pool:
            tries = [pool.submit(httpx.post, f"{api_server.api}/users", json=body, timeout=60) for _ in range(4)]
        codes = [one.result().status_code for one in tries]
        assert sorted(codes) == [201, 409, 409, 409]


@pytest.mark.parametrize("token", ["abc", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", "é"])
def test_a_wrong_token_is_refused_everywhere(anyone: httpx.Client, token: str) -> None:
    for method, path in (("GET", "/me"), ("GET", "/keys"), ("POST", "/predict/batch"), ("GET", "/models")):
        answer = anyone.request(method, path, headers={b"Authorization": f"Bearer {token}".encode()})
        assert answer.status_code == 401, (path, answer.text)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert set(answer.json()) == {"detail"}
    key = {b"X-API-Key": (token or "x").encode()}
    assert anyone.get("/me", headers=key).status_code == 401


def test_nobody_learns_whether_a_name_exists(anyone: httpx.Client, user: httpx.Client) -> None:
    name = user.get("/me").json()["username"]

    def attempt(username: str) -> tuple[float, int, dict]:
        started = time.perf_counter()
        answer = anyone.post("/token", data={"username": username, "password": "wrong password"})
        return time.perf_counter() - started, answer.status_code, answer.json()

    there = [attempt(name) for _ in range(9)]
    not_there = [attempt(new_name()) for _ in range(9)]
    assert {answer[1:][0] for answer in there + not_there} == {401}
    assert len({str(answer[2]) for answer in there + not_there}) == 1
    ratio = statistics.median(a[0] for a in there) / statistics.median(a[0] for a in not_there)
    assert 0.5 < ratio < 2


def test_a_thousand_wrong_passwords_lock_the_name_and_stall_nobody(api_server, user: httpx.Client) -> None:  # type: ignore[no-untyped-def]
    name = user.get("/me").json()["username"]

    async def guess() -> tuple[list[httpx.Response], list[float]]:
        limits = httpx.Limits(max_connections=60)
        async with httpx.AsyncClient(base_url=api_server.api, timeout=60, limits=limits) as client:
            wrong = [
                asyncio.create_task(client.post("/token", data={"username": name, "password": f"wrong {number}"}))
                for number in range(1000)
            ]
            seconds = []
            for number in range(20):
                started = time.perf_counter()
                answer = user.post("/predict", json={"designation": f"Piscine {number}"})
                seconds.append(time.perf_counter() - started)
                assert answer.status_code == 200
                await asyncio.sleep(0.02)
            return await asyncio.gather(*wrong), seconds

    answers, _ = asyncio.run(guess())
    codes = [answer.status_code for answer in answers]
    assert set(codes) <= {401, 429, 503}
    assert 10 <= codes.count(401) <= 70, "those under way when the tenth was counted"
    assert all(1 <= int(a.headers["retry-after"]) <= 300 for a in answers if a.status_code in (429, 503))
    right = httpx.post(f"{api_server.api}/token", data={"username": name, "password": PASSWORD})
    assert right.status_code == 429, "a right guess is not told from a wrong one"
    assert user.get("/me").status_code == 200, "who is in stays in"
    nobody = [httpx.post(f"{api_server.api}/token", data={"username": f"{name}-2", "password": "x"}) for _ in range(11)]
    assert [answer.status_code for answer in nobody] == [401] * 10 + [429], "a name that nobody has locks alike"


BAD: list[tuple[str, str, object]] = [
    ("/users", "username", {"username": "a", "password": PASSWORD}),
    ("/users", "username", {"username": "x" * 1000, "password": PASSWORD}),
    ("/users", "username", {"username": "'; DROP TABLE users; --", "password": PASSWORD}),
    ("/users", "username", {"username": "nul\x00nul", "password": PASSWORD}),
    ("/users", "username", {"username": 5, "password": PASSWORD}),
    ("/users", "password", {"username": "valid-name", "password": ""}),
    ("/users", "password", {"username": "valid-name"}),
    ("/users", "role", {"username": "valid-name", "password": PASSWORD, "role": "admin"}),
    ("/token", "username", {"password": PASSWORD}),
    ("/token", "password", {"username": "valid-name", "password": ["x"]}),
]


@pytest.mark.parametrize(("path", "field", "body"), BAD, ids=[f"{path}-{n}" for n, (path, _, _) in enumerate(BAD)])
def test_a_bad_field_is_named(anyone: httpx.Client, path: str, field: str, body: object) -> None:
    answer = anyone.post(path, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["detail"].startswith(f"{field}: ")


def test_no_secret_reaches_a_log(api_server, anyone: httpx.Client, user: httpx.Client) -> None:  # type: ignore[no-untyped-def]
    name = user.get("/me").json()["username"]
    password = f"secret-{secrets.token_hex(8)}"
    assert user.put("/me/password", json={"current_password": PASSWORD, "new_password": password}).status_code == 200
    given = tokens(anyone, name, password)
    key = anyone.post("/keys", json={"name": "x"}, headers=bearer(given["access_token"])).json()["key"]
    anyone.get("/me", headers={"X-API-Key": key})
    anyone.get("/me", headers=bearer(given["access_token"] + "x"))
    written = api_server.log.read_text()
    for file in api_server.home.glob("logs/**/*"):
        if file.is_file():
            written += file.read_text(errors="replace")
    for secret in (password, given["access_token"], given["refresh_token"], key):
        assert secret not in written

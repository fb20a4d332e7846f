"""The model changes while it serves: promoted, rolled back, followed, refused; nobody's request fails."""

import asyncio
import secrets
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from bundle.store import ModelStore
from serve_app.accounts.password import hash_password
from serve_app.accounts.users import add_user
from serve_app.database.engine import Database

pytestmark = pytest.mark.e2e

TITLE = "Piscine tubulaire ronde 3 m"
FOLLOWED_S = 60.0
BACK_S = 90.0
DROPPED_S = 8.0
"""After that, the replicas have let go of the version before."""


def photo() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (300, 200), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


def publish_again(store: ModelStore, version: str, *, promote: bool = False) -> str:
    """The same model as a new version."""
    source = store.open_path(version)
    with store.staging() as staging:
        shutil.copytree(source, staging, dirs_exist_ok=True, ignore=shutil.ignore_patterns("manifest.json"))
        manifest = store.manifest(version).model_copy(update={"parent": version})
        return store.publish(staging, manifest, promote=promote)


def damage(store: ModelStore, version: str) -> Path:
    """Change a byte of a weight; returns the file."""
    file = next(path for path in sorted(store.open_path(version).rglob("*.npz")) if path.stat().st_size > 1000)
    content = bytearray(file.read_bytes())
    content[500] ^= 1
    file.write_bytes(content)
    return file


@dataclass
class Served:
    """A running server, its store, and an admin on it."""

    server: "RunningServer"  # type: ignore[name-defined]  # noqa: F821 - of conftest.py
    store: ModelStore
    admin: httpx.Client

    def promote(self, version: str) -> httpx.Response:
        return self.admin.post(f"/models/{version}/promote")

    def rollback(self) -> httpx.Response:
        return self.admin.post("/models/rollback")

    def answering(self) -> str:
        answer = self.admin.post("/predict", json={"designation": TITLE})
        assert answer.status_code == 200, answer.text
        assert answer.json()["degraded"] == []
        return answer.json()["version"]

    def listed(self, version: str) -> dict:
        items = self.admin.get("/models", params={"limit": 100}).json()["items"]
        return next(item for item in items if item["version"] == version)

    def wait_until(self, happened: Callable[[], bool], *, within_s: float, what: str) -> None:
        until = time.monotonic() + within_s
        while not happened():
            assert time.monotonic() < until, f"not within {within_s:.0f} s: {what}"
            time.sleep(0.3)


@pytest.fixture(scope="module")
def serve_copy(launch, small_store: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Served]:  # type: ignore[no-untyped-def]
    """Serves a store of its own, which holds the small model."""

    def start(*arguments: str, **variables: str) -> Served:
        home = tmp_path_factory.mktemp("models_home")
        shutil.copytree(small_store.url, home / "models")
        database = Database(f"sqlite:///{home / 'rayonnage.db'}")
        password = secrets.token_urlsafe(16)
        password_hash = hash_password(password)
        database.write(lambda session: add_user(session, "promoter", password_hash, role="admin").id)
        database.close()
        server = launch(*arguments, RAYONNAGE_HOME=str(home), RAYONNAGE_STORE=str(home / "models"), **variables)
        server.wait_ready()
        signed_in = httpx.post(f"{server.api}/token", data={"username": "promoter", "password": password}).json()
        admin = httpx.Client(
            base_url=server.api, timeout=120, headers={"Authorization": f"Bearer {signed_in['access_token']}"}
        )
        return Served(server, ModelStore(home / "models"), admin)

    return start


@pytest.fixture(scope="module")
def served(serve_copy: Callable[..., Served]) -> Iterator[Served]:
    running = serve_copy()
    yield running
    running.server.stop()


@dataclass
class Hammer:
    """Eight clients that never stop asking; every other one sends a photo.

    Attributes:
        answers: when each was asked, and the version that answered.
        faults: what was no whole answer.
    """

    api: str
    answers: list[tuple[float, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    going: bool = True

    async def during(self, change: Callable[[], httpx.Response]) -> tuple[httpx.Response, float]:
        """Runs a change while the clients ask; returns its answer, and when it came."""
        clients = [asyncio.create_task(self._ask(number)) for number in range(8)]
        await asyncio.sleep(1)
        response = await asyncio.to_thread(change)
        came = time.monotonic()
        await asyncio.sleep(2)
        self.going = False
        await asyncio.gather(*clients)
        return response, came

    async def _ask(self, number: int) -> None:
        sent = photo()
        async with httpx.AsyncClient(base_url=self.api, timeout=60) as client:
            while self.going:
                asked = time.monotonic()
                listing = {"designation": f"{TITLE} {number} {len(self.answers)}"}
                try:
                    if number % 2:
                        answer = await client.post("/predict", data=listing, files={"image": sent})
                    else:
                        answer = await client.post("/predict", json=listing)
                except httpx.TransportError as error:
                    self.faults.append(repr(error))
                    continue
                if answer.status_code != 200 or answer.json()["degraded"]:
                    self.faults.append(answer.text)
                else:
                    self.answers.append((asked, answer.json()["version"]))


def test_versions_are_listed_newest_first_page_by_page(served: Served) -> None:
    first = served.store.champion()
    assert first
    newer = [publish_again(served.store, first) for _ in range(3)]
    whole = served.admin.get("/models").json()
    assert [item["version"] for item in whole["items"]] == served.store.versions()[::-1]
    assert whole["next"] is None
    (champion,) = [item for item in whole["items"] if item["champion"]]
    assert (champion["version"], champion["serving"], champion["error"]) == (first, True, None)
    assert champion["experts"] == {"text": ["linear", "e5"], "image": ["lite0"]}
    assert champion["metrics"]["fusion"]["rows"] == champion["rows"] == 120
    assert served.listed(newer[0])["parent"] == first
    paged, cursor = [], None
    while True:
        page = served.admin.get("/models", params={"limit": 2, "cursor": cursor} if cursor else {"limit": 2}).json()
        paged += page["items"]
        if (cursor := page["next"]) is None:
            break
    assert paged == whole["items"]
    for wrong in ({"limit": 0}, {"limit": 101}, {"cursor": "../champion"}, {"cursor": ""}):
        assert served.admin.get("/models", params=wrong).status_code == 422, wrong


def test_a_version_whose_manifest_is_broken_is_listed_with_its_error(served: Served) -> None:
    champion = served.store.champion()
    assert champion
    broken = publish_again(served.store, champion)
    manifest = served.store.open_path(broken) / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8")[:100], "utf-8")
    listed = served.listed(broken)
    assert "manifest.json" in listed["error"]
    assert listed["metrics"] is None
    refused = served.promote(broken)
    assert refused.status_code == 409
    assert "manifest.json" in refused.json()["detail"]
    shutil.rmtree(manifest.parent)


def test_models_are_for_admins_only(served: Served) -> None:
    champion = served.store.champion()
    name = f"seller-{secrets.token_hex(4)}"
    password = secrets.token_urlsafe(16)
    assert httpx.post(f"{served.server.api}/users", json={"username": name, "password": password}).status_code == 201
    seller = httpx.post(f"{served.server.api}/token", data={"username": name, "password": password}).json()
    for headers, status in ({}, 401), ({"Authorization": f"Bearer {seller['access_token']}"}, 403):
        for method, path in ("GET", "models"), ("POST", f"models/{champion}/promote"), ("POST", "models/rollback"):
            answer = httpx.request(method, f"{served.server.api}/{path}", headers=headers)
            assert answer.status_code == status, (path, answer.text)


def test_an_unknown_version_is_not_there(served: Served) -> None:
    before = served.answering()
    for unknown in ("20200101-000000-0000", "champion", "..%2F..%2Fetc", "é"):
        answer = served.promote(unknown)
        assert answer.status_code == 404, (unknown, answer.text)
        assert answer.json()["detail"]
    assert served.answering() == served.store.champion() == before


def test_no_request_fails_while_a_version_is_promoted_and_rolled_back(served: Served) -> None:
    before = served.answering()
    new = publish_again(served.store, before)
    for change, target in (lambda: served.promote(new), new), (served.rollback, before):
        hammer = Hammer(served.server.api)
        response, came = asyncio.run(hammer.during(change))
        assert response.status_code == 200, response.text
        assert response.json()["version"] == target
        assert (response.json()["champion"], response.json()["serving"]) == (True, True)
        assert served.store.champion() == target
        assert hammer.faults == []
        assert {version for _, version in hammer.answers} == {before, new}
        late = Counter(version for asked, version in hammer.answers if asked > came)
        assert set(late) == {target}, late
    assert served.admin.get("/predict").json()["version"] == before


def test_promoting_the_champion_again_changes_nothing(served: Served) -> None:
    champion = served.answering()
    history = (Path(served.store.url) / "champion").read_text("ascii")
    assert served.promote(champion).status_code == 200
    assert (Path(served.store.url) / "champion").read_text("ascii") == history


def test_rolling_back_twice_goes_back_twice_and_then_no_further(served: Served) -> None:
    first = served.answering()
    second, third = publish_again(served.store, first), publish_again(served.store, first)
    assert [served.promote(version).status_code for version in (second, third)] == [200, 200]
    assert served.rollback().json()["version"] == second
    assert served.rollback().json()["version"] == first
    assert served.answering() == first
    last = served.rollback()
    assert last.status_code == 409
    assert "before this one" in last.json()["detail"]
    assert served.answering() == served.store.champion() == first


def test_a_damaged_version_is_refused_and_the_champion_stays(served: Served) -> None:
    before = served.answering()
    damaged = publish_again(served.store, before)
    file = damage(served.store, damaged)
    refused = served.promote(damaged)
    assert refused.status_code == 409
    assert file.name in refused.json()["detail"]
    assert "SHA-256" in refused.json()["detail"]
    assert served.answering() == served.store.champion() == before
    damage_undone = bytearray(file.read_bytes())
    damage_undone[500] ^= 1
    file.write_bytes(damage_undone)
    assert served.promote(damaged).status_code == 200, "once it is whole again it is loaded anew"
    assert served.answering() == damaged
    assert served.rollback().json()["version"] == before


def test_two_promotions_at_once_come_one_after_the_other(served: Served) -> None:
    before = served.answering()
    versions = [publish_again(served.store, before) for _ in range(2)]

    async def both() -> list[httpx.Response]:
        return await asyncio.gather(*(asyncio.to_thread(served.promote, version) for version in versions))

    assert [answer.status_code for answer in asyncio.run(both())] == [200, 200]
    assert served.answering() == served.store.champion()
    assert served.answering() in versions
    assert served.rollback().json()["version"] in versions
    assert served.rollback().json()["version"] == before


def test_the_server_follows_a_champion_that_the_command_line_chose(served: Served) -> None:
    before = served.answering()
    new = publish_again(served.store, before)
    for command, champion in (["promote", new], new), (["rollback"], before):
        done = subprocess.run(
            [sys.executable, "-m", "rayonnage", "models", *command, "--store", served.store.url],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert champion in done.stdout
        served.wait_until(lambda: served.answering() == champion, within_s=FOLLOWED_S, what="the champion is followed")  # noqa: B023


def test_a_champion_that_cannot_be_loaded_is_not_followed_and_that_is_told(served: Served) -> None:
    before = served.answering()
    damaged = publish_again(served.store, before)
    file = damage(served.store, damaged)
    # As if it had been damaged after it was promoted elsewhere.
    (Path(served.store.url) / "champion").write_text(f"{damaged}\n{before}\n", "ascii")
    served.wait_until(
        lambda: served.listed(damaged)["error"] is not None, within_s=FOLLOWED_S, what="the refusal is told"
    )
    listed = served.listed(damaged)
    assert (listed["champion"], listed["serving"]) == (True, False)
    assert file.name in listed["error"]
    assert served.store.champion() == damaged, "the pointer is not the server's to move"
    assert served.answering() == before
    assert served.rollback().json()["version"] == before
    assert served.answering() == served.store.champion() == before


def test_a_lost_replica_comes_back_with_the_version_that_answers_now(served: Served) -> None:
    before = served.answering()
    new = publish_again(served.store, before)
    assert served.promote(new).status_code == 200
    served.server.replica("TextModel").kill()
    served.wait_until(
        lambda: served.admin.post("/predict", json={"designation": TITLE}).status_code == 200,
        within_s=BACK_S,
        what="the text model is back",
    )
    assert served.answering() == new
    served.server.replica("FusionRouter").kill()

    def answers() -> bool:
        try:
            return served.admin.post("/predict", json={"designation": TITLE}).status_code == 200
        except httpx.TransportError:
            return False

    served.wait_until(answers, within_s=BACK_S, what="the router is back")
    assert served.answering() == new
    assert served.rollback().json()["version"] == before


def test_a_replica_that_is_lost_during_a_swap_does_not_wedge_it(served: Served) -> None:
    before = served.answering()
    new = publish_again(served.store, before)

    async def promote_and_kill() -> httpx.Response:
        promotion = asyncio.create_task(asyncio.to_thread(served.promote, new))
        await asyncio.sleep(0.3)
        served.server.replica("ImageModel").kill()
        return await promotion

    response = asyncio.run(promote_and_kill())
    assert response.status_code in (200, 409), response.text
    served.wait_until(
        lambda: served.admin.get("/predict").json()["down"] == [], within_s=BACK_S, what="the image model is back"
    )
    assert served.promote(new).status_code == 200
    assert served.answering() == served.store.champion() == new


def test_memory_is_what_it_was_after_five_swaps(served: Served) -> None:
    first = served.answering()
    second = publish_again(served.store, first)

    def own_bytes() -> dict[str, int]:
        time.sleep(DROPPED_S)
        names = ("TextModel", "ImageModel", "FusionRouter")
        return {name: served.server.replica(name).memory_full_info().uss for name in names}

    weighed = []
    for version in (second, first, second, first, second, first):
        assert served.promote(version).status_code == 200
        weighed.append(own_bytes())
    for name, before in weighed[0].items():
        assert weighed[-1][name] < 1.15 * before, weighed


def test_two_routers_and_two_text_replicas_change_together(serve_copy: Callable[..., Served]) -> None:
    served = serve_copy(
        RAYONNAGE_TEXT_REPLICAS="2",
        RAYONNAGE_ROUTER_REPLICAS="2",
        RAYONNAGE_TEXT_CPUS="0.2",
        RAYONNAGE_IMAGE_CPUS="0.2",
        RAYONNAGE_ROUTER_CPUS="0.1",
    )
    try:
        before = served.answering()
        new = publish_again(served.store, before)
        hammer = Hammer(served.server.api)
        response, _ = asyncio.run(hammer.during(lambda: served.promote(new)))
        assert response.status_code == 200, response.text
        assert hammer.faults == []
        assert {version for _, version in hammer.answers} <= {before, new}

        def all_answer(version: str) -> bool:
            asked = [httpx.post(f"{served.server.api}/predict", json={"designation": TITLE}) for _ in range(20)]
            return {answer.json()["version"] for answer in asked} == {version}

        served.wait_until(lambda: all_answer(new), within_s=FOLLOWED_S, what="both routers answer with it")
        assert all_answer(new)
    finally:
        served.server.stop()


def test_a_server_that_was_started_with_a_version_stays_with_it(
    serve_copy: Callable[..., Served], small_store: ModelStore
) -> None:
    pinned = small_store.champion()
    assert pinned
    served = serve_copy("--version", pinned)
    try:
        new = publish_again(served.store, pinned, promote=True)
        for refused in served.promote(new), served.rollback():
            assert refused.status_code == 409
            assert "--version" in refused.json()["detail"]
        time.sleep(5)
        assert served.answering() == pinned
        assert served.store.champion() == new
    finally:
        served.server.stop()

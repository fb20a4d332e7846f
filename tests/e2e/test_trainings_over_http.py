"""Trainings over HTTP: started, watched, cancelled, killed; predictions go on, and nothing half-made stays."""

import base64
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from PIL import Image

from bundle.store import ModelStore
from serve_app.watchdog import processes_of
from tests.e2e.conftest import titles_of, wait_gone

pytestmark = pytest.mark.e2e

TRAINED_S = 300.0
NOTED_S = 20.0
ENDED = {"succeeded", "failed", "cancelled"}
TITLES = ("piscine gonflable {} m", "chlore galets {} kg", "bâche piscine {} m")


@dataclass
class Served:
    """A running server, its store, and its admin signed in."""

    server: Any
    store: ModelStore
    admin: httpx.Client

    def start(self, mode: str, **options: bool) -> str:
        """Start a training; its id."""
        answer = self.admin.post("/trainings", json={"mode": mode, **options})
        assert answer.status_code == 202, answer.text
        assert answer.json()["state"] == "queued"
        return answer.json()["id"]

    def look(self, training_id: str) -> dict[str, Any]:
        answer = self.admin.get(f"/trainings/{training_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def follow(self, training_id: str, until: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """What was seen of a training until it is as wanted."""
        seen = [self.look(training_id)]
        deadline = time.monotonic() + TRAINED_S
        while not until(seen[-1]):
            assert seen[-1]["state"] not in ENDED, seen[-1]
            assert time.monotonic() < deadline, seen[-1]
            time.sleep(0.2)
            seen.append(self.look(training_id))
        return seen

    def finish(self, training_id: str) -> list[dict[str, Any]]:
        seen = self.follow(training_id, lambda training: training["state"] in ENDED)
        assert seen[-1]["state"] == "succeeded", seen[-1]
        return seen

    def start_and_wait(self, mode: str) -> str:
        """Start a training and wait until it is in the middle."""
        training_id = self.start(mode)
        self.follow(training_id, lambda training: training["percent"] > 15)
        return training_id

    def job(self) -> list[psutil.Process]:
        """The processes of the training's command."""
        return [p for p, title in titles_of(processes_of(self.server.instance)).items() if "trainings run" in title]

    @property
    def left(self) -> list[Path]:
        """What trainings leave only while they run."""
        return [*Path(self.store.url).glob(".*"), *(self.server.home / "trainings").glob("*")]

    def sell(self, count: int) -> None:
        for number in range(count):
            product = {"designation": TITLES[number % 3].format(number), "prdtypecode": 2583}
            answer = self.admin.post("/products", json=product | ({"image_base64": photo()} if number % 2 else {}))
            assert answer.status_code == 201, answer.text


def photo() -> str:
    buffer = BytesIO()
    Image.new("RGB", (64, 48), "deepskyblue").save(buffer, "JPEG")
    return base64.b64encode(buffer.getvalue()).decode()


def free_cpus(server: Any) -> float:
    """CPUs that nothing in the server's Ray reserves."""
    replica = server.replica("FusionRouter")
    script = "import ray; ray.init(logging_level='ERROR'); print(ray.available_resources().get('CPU', 0))"
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": replica.environ()["RAY_AUTH_TOKEN_PATH"]}
    asked = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **token, "RAY_ADDRESS": f"127.0.0.1:{server.gcs_port}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return float(asked.stdout.split()[-1])


@pytest.fixture(scope="module")
def store_dir(small_store: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(small_store.url, tmp_path_factory.mktemp("trainings") / "models")


@pytest.fixture(scope="module")
def served(launch: Callable[..., Any], store_dir: Path, data_dir: Path) -> Iterator[Served]:
    server = launch(RAYONNAGE_STORE=str(store_dir), RAYONNAGE_DATA=str(data_dir), RAYONNAGE_ACCESS_TOKEN_S="86400")
    server.wait_ready()
    with server.client("admin", server.admin_password) as admin:
        yield Served(server, ModelStore(store_dir), admin)


def test_a_small_training_publishes_a_challenger_while_predictions_go_on(served: Served) -> None:
    champion = served.store.champion()
    refused = served.admin.post("/trainings", json={"mode": "small"})
    assert refused.status_code == 409
    assert "products" in refused.json()["detail"]
    served.sell(9)
    training_id = served.start("small")
    statuses = set()
    while (training := served.look(training_id))["state"] not in ENDED:
        statuses.add(served.admin.post("/predict", json={"designation": "piscine"}).status_code)
    assert statuses == {200}
    assert training["state"] == "succeeded", training
    assert training["percent"] == 100
    assert training["metrics"]["fusion"]["weighted_f1"] > 0
    assert "9 products on the shelf" in training["log"]
    assert training["created_at"] < training["started_at"] < training["ended_at"]
    challenger = served.store.manifest(training["version"])
    assert (challenger.parent, challenger.data.rows) == (champion, 129)
    assert served.store.champion() == champion, "an admin promotes"
    assert served.left == []


def test_a_full_training_tells_how_far_it_is_and_is_promoted_where_asked(served: Served) -> None:
    training_id = served.start("full", promote=True)
    second = served.admin.post("/trainings", json={"mode": "fusion"})
    assert second.status_code == 409
    seen = served.finish(training_id)
    percents = [training["percent"] for training in seen]
    assert percents == sorted(percents)
    assert {"queued", "running", "succeeded"} == {training["state"] for training in seen}
    assert any(training["stage"] for training in seen)
    stages = [line.partition(" ")[2] for line in seen[-1]["log"].splitlines()]  # each of which may pass between looks
    assert stages.index("train linear") < stages.index("train lite0") < stages.index("fuse")
    version = seen[-1]["version"]
    assert served.store.champion() == version
    until = time.monotonic() + 60
    while served.admin.get("/predict").json()["version"] != version:
        assert time.monotonic() < until, "the server follows the champion"
        time.sleep(0.5)
    assert served.left == []


def test_a_fusion_training_leaves_the_weights_or_publishes_better_ones(served: Served) -> None:
    before = served.store.versions()
    training = served.finish(served.start("fusion"))[-1]
    if training["version"] is None:
        assert "the present weights stay" in training["detail"]
        assert served.store.versions() == before
    else:
        assert served.store.manifest(training["version"]).training["fusion_tuned"]
    assert served.left == []


@pytest.mark.usefixtures("long_training")
def test_a_cancelled_training_leaves_nothing(served: Served) -> None:
    free, versions = free_cpus(served.server), served.store.versions()
    training_id = served.start_and_wait("full")
    assert served.job() and served.left
    answer = served.admin.delete(f"/trainings/{training_id}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "cancelled"
    assert served.job() == []
    assert served.left == []
    assert served.store.versions() == versions
    assert free_cpus(served.server) == free
    again = served.admin.delete(f"/trainings/{training_id}")
    assert (again.status_code, served.look(training_id)["state"]) == (409, "cancelled")


def test_a_training_cancelled_at_once_is_cancelled(served: Served) -> None:
    training_id = served.start("full")
    answer = served.admin.delete(f"/trainings/{training_id}")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert served.job() == []


@pytest.mark.usefixtures("long_training")
def test_a_killed_training_has_failed_with_a_reason(served: Served) -> None:
    training_id = served.start_and_wait("full")
    killed_at = time.monotonic()
    for process in served.job():
        process.kill()
    while (training := served.look(training_id))["state"] == "running":
        assert time.monotonic() < killed_at + NOTED_S
        time.sleep(0.2)
    assert training["state"] == "failed"
    assert "killed" in training["detail"]
    assert served.left == []


def test_only_admins_see_and_start_trainings(served: Served) -> None:
    with served.server.new_user() as user:
        for answer in (
            user.get("/trainings"),
            user.post("/trainings", json={"mode": "full"}),
            user.get("/trainings/x"),
        ):
            assert answer.status_code == 403
    assert httpx.get(f"{served.server.api}/trainings").status_code == 401
    for answer in (served.admin.get("/trainings/x"), served.admin.delete("/trainings/x")):
        assert answer.status_code == 404
    for wrong in ({"mode": "huge"}, {}, {"mode": "full", "promote": "perhaps"}, {"mode": "full", "epochs": 3}):
        assert served.admin.post("/trainings", json=wrong).status_code == 422


def test_trainings_are_listed_newest_first_in_pages(served: Served) -> None:
    first = served.admin.get("/trainings", params={"limit": 2}).json()
    rest = served.admin.get("/trainings", params={"limit": 100, "cursor": first["next"]}).json()
    items = [*first["items"], *rest["items"]]
    assert len(first["items"]) == 2
    assert rest["next"] is None
    assert [item["created_at"] for item in items] == sorted((item["created_at"] for item in items), reverse=True)
    assert "log" not in items[0]
    listed = subprocess.run(
        [sys.executable, "-m", "rayonnage", "trainings", "list"],
        env={**os.environ, "RAYONNAGE_HOME": str(served.server.home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [item["id"] for item in items]


@pytest.mark.usefixtures("long_training")
def test_a_server_killed_while_it_trains_starts_again_and_the_training_has_failed(
    served: Served, launch: Callable[..., Any]
) -> None:
    """The last test of this server. The one after it has no CPU to spare: its training says what it waits for."""
    training_id = served.start_and_wait("full")
    instance = served.server.instance
    served.server.process.kill()
    served.server.process.wait()
    wait_gone(instance)
    reserved_by_others = 0.3 + 0.2 + 0.1
    server = launch(
        RAYONNAGE_HOME=str(served.server.home),
        RAYONNAGE_STORE=served.store.url,
        RAYONNAGE_TEXT_CPUS=f"{(os.cpu_count() or 1) - reserved_by_others - 0.1:.1f}",
    )
    server.wait_ready()
    again = Served(server, served.store, httpx.Client(base_url=server.api, headers=served.admin.headers, timeout=60))
    with again.admin:
        failed = again.look(training_id)
        assert (failed["state"], failed["detail"]) == ("failed", "the server stopped while it ran")
        assert again.left == []
        waiting = again.start("full")
        seen = again.follow(waiting, lambda training: training["detail"] != "")
        assert seen[-1]["state"] == "queued"
        assert "waits for 1 CPU: 0.1 of" in seen[-1]["detail"]
        assert again.admin.delete(f"/trainings/{waiting}").json()["state"] == "cancelled"
        assert again.job() == []
    assert server.stop(signal.SIGTERM) == 0

"""Starting and stopping servers: side by side, in foreign surroundings, and never leaving anything behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from serve_app.watchdog import INSTANCE_VARIABLE, processes_of
from tests.e2e.conftest import GONE_S, named, wait_gone

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).parent.parent.parent
TITLE = "Piscine tubulaire ronde 3 m"


def listening(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def folder_of(instance: str) -> Path:
    """The instance's folder, from the environment of one of its processes."""
    token = next(iter(processes_of(instance))).environ()["RAY_AUTH_TOKEN_PATH"]
    return Path(token).parent


def test_a_taken_port_is_one_clear_line(running_server) -> None:  # type: ignore[no-untyped-def]
    tried = subprocess.run(
        [sys.executable, "-m", "rayonnage", "serve", "--port", str(running_server.port)],
        cwd=REPOSITORY,
        env={**os.environ, "RAYONNAGE_STORE": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert tried.returncode == 2
    errors = [line for line in tried.stderr.splitlines() if "Error" in line]
    assert len(errors) == 1
    assert errors[0].startswith(f"Error: port {running_server.port} is taken")
    assert "--port" in errors[0]


def test_an_address_of_another_machine_is_refused() -> None:
    tried = subprocess.run(
        [sys.executable, "-m", "rayonnage", "serve", "--host", "192.0.2.7"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert tried.returncode == 2
    assert tried.stderr.splitlines()[-1].startswith("Error: cannot listen on 192.0.2.7")


def test_what_the_machine_lacks_is_told_at_once(launch) -> None:  # type: ignore[no-untyped-def]
    server = launch(RAYONNAGE_TEXT_CPUS="100")
    assert server.process.wait(timeout=120) == 1
    (line,) = [line for line in server.log.read_text().splitlines() if line.startswith("Error")]
    assert "CPU" in line


def test_a_second_server_runs_beside_the_first_and_is_gone_when_its_launcher_is_killed(running_server, launch) -> None:  # type: ignore[no-untyped-def]
    """Two routers here: their figures are summed. The environment points at a Ray that is not ours."""
    second = launch(
        RAYONNAGE_ROUTER_REPLICAS="2",
        RAY_ADDRESS="127.0.0.1:1",
        RAY_AUTH_TOKEN="f" * 64,
        RAY_NAMESPACE="foreign",
    )
    second.wait_ready()
    assert second.instance != running_server.instance
    for number in range(20):
        answer = httpx.post(f"{second.api}/predict", json={"designation": f"{TITLE} {number}"})
        assert answer.status_code == 200
    time.sleep(2.5)  # figures are laid down every second
    for _ in range(4):
        lines = httpx.get(f"{second.api}/metrics").text.splitlines()
        assert sum(float(line.split()[-1]) for line in lines if line.startswith("rayonnage_listings_total")) == 20

    instance, folder = second.instance, folder_of(second.instance)
    assert folder.is_dir()
    second.process.kill()
    second.process.wait()
    wait_gone(instance)
    assert not listening(second.port)
    until = time.monotonic() + GONE_S
    while folder.exists():
        assert time.monotonic() < until
        time.sleep(0.2)
    assert httpx.post(f"{running_server.api}/predict", json={"designation": TITLE}).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_server_that_is_stopped_while_it_starts_leaves_nothing(launch, number: signal.Signals) -> None:  # type: ignore[no-untyped-def]
    server = launch()
    until = time.monotonic() + 60
    launcher = psutil.Process(server.process.pid)
    while not named("raylet", launcher.children()):
        assert time.monotonic() < until
        time.sleep(0.1)
    instance = server.instance
    assert server.stop(number) == 130
    assert processes_of(instance) == []
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_server_that_is_stopped_leaves_no_process_and_no_port(launch, number: signal.Signals) -> None:  # type: ignore[no-untyped-def]
    server = launch()
    server.wait_ready()
    instance, folder = server.instance, folder_of(server.instance)
    assert server.stop(number) == 0
    assert processes_of(instance) == []
    assert not listening(server.port)
    assert not folder.exists()
    log = server.log.read_text()
    assert "Ready after" in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["Ctrl-C", "SIGTERM", "kill -9"]
)
def test_a_demo_that_is_stopped_while_it_trains_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "rayonnage", "demo", "--port", "8917"],
        cwd=REPOSITORY,
        env={**os.environ, "RAYONNAGE_HOME": str(tmp_path)},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    launcher = psutil.Process(demo.pid)
    while not (training := named("train", launcher.children())):
        assert time.monotonic() < until
        time.sleep(0.1)
    instance = training[0].environ()[INSTANCE_VARIABLE]
    demo.send_signal(number)
    _, said = demo.communicate(timeout=60)
    assert demo.returncode == (-9 if number == signal.SIGKILL else 130)
    assert b"Traceback" not in said
    wait_gone(instance)

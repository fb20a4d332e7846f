"""The replicas of a running server: what they weigh, where they listen, and what happens when one dies."""

import ipaddress
import time
from contextlib import suppress
from io import BytesIO

import httpx
import psutil
import pytest
from PIL import Image

from serve_app.settings import Settings
from serve_app.watchdog import processes_of
from tests.e2e.conftest import titles_of

pytestmark = pytest.mark.e2e

TITLE = "Piscine tubulaire ronde 3 m"
BACK_S = 90.0
TOKEN_GUARDED = ("gcs_server", "raylet", "ray::")
"""Ray's own RPC: every call needs the instance's token."""

FIGURES_ONLY = ("autoscaler", "dashboard", "DashboardAgent", "RuntimeEnvAgent")
"""Metrics of Ray's agents: figures, and nothing that can be changed."""


def photo() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (300, 200), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


def test_replicas_carry_no_tensorflow_and_stay_under_600_mb(running_server) -> None:  # type: ignore[no-untyped-def]
    for deployment in ("TextModel", "ImageModel", "FusionRouter", "Page"):
        process = running_server.replica(deployment)
        files = {mapped.path for mapped in process.memory_maps()}
        assert not [path for path in files if "/site-packages/tensorflow/" in path or "/site-packages/keras/" in path]
        assert process.memory_info().rss < 600_000_000, deployment


def test_every_listening_address_is_guarded(running_server) -> None:  # type: ignore[no-untyped-def]
    listening = []
    for process, title in titles_of(processes_of(running_server.instance)).items():
        with suppress(psutil.NoSuchProcess):
            connections = process.net_connections("inet")
            listening += [(title, *c.laddr) for c in connections if c.status == psutil.CONN_LISTEN]
    assert listening
    by_name = (*FIGURES_ONLY, *TOKEN_GUARDED)
    assert not [
        (title[:80], address, port)
        for title, address, port in listening
        if not ipaddress.ip_address(address).is_loopback and not any(name in title for name in by_name)
    ]


def test_rays_ports_answer_nobody_without_the_token(running_server) -> None:  # type: ignore[no-untyped-def]
    """What `Ray's token` above stands for is tried: a client without it does not get in."""
    import os
    import subprocess
    import sys

    script = (
        "from ray._raylet import GcsClient\n"
        f"print(GcsClient(address='127.0.0.1:{running_server.gcs_port}').internal_kv_keys(b'', None, timeout=5))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    for variables in ({"RAY_AUTH_MODE": "disabled"}, {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}):
        tried = subprocess.run(
            [sys.executable, "-c", script], env=environment | variables, capture_output=True, timeout=60, check=False
        )
        assert tried.returncode != 0
        assert b"nauthenticated" in tried.stderr or b"UNAUTHENTICATED" in tried.stderr, tried.stderr[-500:]


def test_a_lost_image_replica_degrades_the_answer_and_comes_back(running_server) -> None:  # type: ignore[no-untyped-def]
    def ask() -> dict:
        answer = httpx.post(
            f"{running_server.api}/predict", data={"designation": TITLE}, files={"image": photo()}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    whole = ask()
    assert (whole["degraded"], whole["absent"]) == ([], [])
    running_server.replica("ImageModel").kill()
    without = ask()
    assert (without["degraded"], without["absent"]) == (["image"], [])
    assert without["votes"]["image"] is None
    assert without["votes"]["text"]["weight"] == 1
    started = time.monotonic()
    ask()
    waited_s = time.monotonic() - started
    assert waited_s < Settings().model_deadline_s / 2, "a model that is known to be down is not waited for"
    served = httpx.get(f"{running_server.api}/predict").json()
    assert (served["ready"], served["down"]) == (True, ["image"])
    alone = httpx.post(f"{running_server.api}/predict", files={"image": photo()}, timeout=30)
    assert alone.status_code == 503
    assert alone.headers["retry-after"]
    assert alone.json()["detail"]
    until = time.monotonic() + BACK_S
    while ask()["degraded"]:
        assert time.monotonic() < until, "the image model did not come back"
        time.sleep(0.5)
    assert ask()["votes"] == whole["votes"]
    assert 'rayonnage_degraded_total{modality="image"}' in httpx.get(f"{running_server.api}/metrics").text


def test_a_lost_router_comes_back_too(running_server) -> None:  # type: ignore[no-untyped-def]
    def listings() -> float:
        lines = httpx.get(f"{running_server.api}/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("rayonnage_listings_total"))

    httpx.post(f"{running_server.api}/predict", json={"designation": TITLE})
    before = listings()
    time.sleep(2)  # figures are laid down every second
    running_server.replica("FusionRouter").kill()
    until = time.monotonic() + BACK_S
    while True:
        try:
            answer = httpx.post(f"{running_server.api}/predict", json={"designation": TITLE}, timeout=10)
            if answer.status_code == 200:
                break
            assert answer.json()["detail"], "HAProxy's own errors are JSON too"
        except httpx.TransportError:
            pass
        assert time.monotonic() < until, "the router did not come back"
        time.sleep(0.5)
    running_server.wait_ready()
    assert listings() >= before + 1, "what the dead router counted stays counted"

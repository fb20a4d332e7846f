"""A model replica holds what routers want: loaded beside each other, told when it fails, dropped when unwanted."""

import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor, wait

from serve_app.swap.board import Failure
from serve_app.swap.held_versions import HeldVersions


class Loaded:
    """Stands for what takes much memory."""

    def __init__(self, version: str) -> None:
        self.version = version


def test_versions_are_held_beside_each_other_and_loaded_once() -> None:
    loads: list[str] = []

    def load(version: str) -> Loaded:
        loads.append(version)
        time.sleep(0.05)
        return Loaded(version)

    versions = HeldVersions(load)
    with ThreadPoolExecutor(8) as askers:
        wait([askers.submit(lambda name: versions.get(name).result(), f"v{n % 2}") for n in range(32)])
    assert sorted(loads) == ["v0", "v1"]
    assert sorted(versions.held()) == ["v0", "v1"]
    assert versions.get("v0").result() is versions.get("v0").result()


def test_a_version_that_is_being_loaded_is_not_held_yet() -> None:
    go_on = threading.Event()
    versions = HeldVersions(lambda version: go_on.wait() and Loaded(version))
    versions.want({"v0": 1.0})
    assert versions.held() == []
    assert versions.failed() == {}
    go_on.set()
    versions.get("v0").result(timeout=5)
    assert versions.held() == ["v0"]


def test_a_failed_load_is_told_and_tried_again_for_whoever_wants_it_later() -> None:
    broken = True

    def load(version: str) -> Loaded:
        if broken:
            raise ValueError(f"{version} is cut")
        return Loaded(version)

    versions = HeldVersions(load)
    early = time.time()
    versions.want({"v0": early})
    assert isinstance(versions.get("v0").result(timeout=5), Failure)
    assert versions.held() == []
    assert versions.failed()["v0"].reason == "v0 is cut"
    assert versions.failed()["v0"].time >= early
    broken = False
    versions.want({"v0": early})
    assert versions.held() == [], "the one who wanted it before the failure knows of it"
    versions.want({"v0": time.time()})
    assert isinstance(versions.get("v0").result(timeout=5), Loaded)
    assert versions.failed() == {}


def test_a_version_that_nobody_wants_is_released_after_a_while() -> None:
    versions = HeldVersions(Loaded, grace_s=0.2)
    old = weakref.ref(versions.get("v0").result(timeout=5))
    versions.want({"v0": 1.0, "v1": 2.0})
    versions.get("v1").result(timeout=5)
    versions.want({"v1": 2.0})
    assert versions.held() == ["v0", "v1"], "a call for it may be under way"
    time.sleep(0.3)
    versions.want({"v1": 2.0})
    assert versions.held() == ["v1"]
    gc.collect()
    assert old() is None


def test_a_version_that_is_wanted_again_in_time_stays() -> None:
    versions = HeldVersions(Loaded, grace_s=0.2)
    kept = versions.get("v0").result(timeout=5)
    versions.want({"v1": 1.0})
    versions.want({"v0": 2.0, "v1": 1.0})
    time.sleep(0.3)
    versions.want({"v1": 1.0})
    assert versions.get("v0").result(timeout=5) is kept


def test_nothing_is_dropped_while_no_router_lives() -> None:
    versions = HeldVersions(Loaded, grace_s=0.0)
    versions.get("v0").result(timeout=5)
    versions.want({})
    versions.want({})
    assert versions.held() == ["v0"]

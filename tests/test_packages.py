"""Our packages are ours: nothing installed takes their place, and the cluster file can be read."""

import importlib
from pathlib import Path

import pytest
import ray
import yaml

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("datasets", "bundle", "train", "tune", "serve_app", "ui", "bench")


def room_files() -> dict[str, str]:
    return {room: str(importlib.import_module(room).__file__) for room in ROOMS}


def test_our_packages_resolve_inside_the_repository() -> None:
    for room, file in room_files().items():
        assert Path(file).is_relative_to(ROOT), f"{room} is {file}"


@pytest.mark.slow
@pytest.mark.usefixtures("session_ray")
def test_our_packages_resolve_inside_the_repository_in_a_ray_worker() -> None:
    files = ray.get(ray.remote(room_files).remote())
    for room, file in files.items():
        assert Path(file).is_relative_to(ROOT), f"{room} is {file} in a Ray worker"


def test_ray_up_can_read_the_cluster_file() -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    prepared = prepare_config(yaml.safe_load((ROOT / "cluster.yaml").read_text(encoding="utf-8")))
    validate_config(prepared)
    assert any("make setup" in command for command in prepared["setup_commands"])


def test_locks_hold_neither_the_other_datasets_package_nor_telemetry_nor_a_registry_host() -> None:
    for lock in ("requirements-cpu.lock", "requirements-gpu.lock"):
        lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
        assert not any(line.startswith(("datasets==", "openvino-telemetry==")) for line in lines)
        assert not any("://" in line for line in lines)

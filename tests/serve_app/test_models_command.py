"""`rayonnage models …` lists the versions of a store and moves its champion."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bundle.store import ModelStore

pytestmark = pytest.mark.slow


@pytest.fixture
def store(small_store: ModelStore, tmp_path: Path) -> ModelStore:
    """Two versions; the older one is champion."""
    shutil.copytree(small_store.url, tmp_path / "models")
    store = ModelStore(tmp_path / "models")
    with store.staging() as staging:
        shutil.copytree(store.open_path(), staging, dirs_exist_ok=True, ignore=shutil.ignore_patterns("manifest.json"))
        store.publish(staging, store.manifest(), promote=False)
    return store


def models(store: ModelStore, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rayonnage", "models", *arguments, "--store", store.url]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_versions_are_listed_newest_first_and_a_damaged_one_with_its_error(store: ModelStore) -> None:
    old, new = store.versions()
    listed = json.loads(models(store, "list", "--json").stdout)["items"]
    assert [(item["version"], item["champion"]) for item in listed] == [(new, False), (old, True)]
    assert listed[0]["experts"] == ["linear", "e5", "lite0"]
    assert listed[0]["metrics"]["fusion"]["rows"] == 120
    (store.open_path(new) / "manifest.json").write_text("{", "utf-8")
    lines = models(store, "list").stdout.splitlines()
    assert "manifest.json" in lines[0]
    assert lines[1].startswith(f"* {old}  weighted F1 0.")


def test_a_version_is_promoted_and_rolled_back(store: ModelStore) -> None:
    old, new = store.versions()
    assert models(store, "promote", new).returncode == 0
    assert store.champion() == new
    assert models(store, "rollback").returncode == 0
    assert store.champion() == old


def test_what_cannot_be_done_is_one_line_and_exit_code_2(store: ModelStore) -> None:
    old, new = store.versions()
    (store.open_path(new) / "text/linear/surplus").write_bytes(b"?")
    for arguments, reason in (
        (["promote", "20200101-000000-0000"], "no version 20200101-000000-0000"),
        (["promote", new], "surplus"),
        (["rollback"], "before this one"),
    ):
        done = models(store, *arguments)
        assert done.returncode == 2, arguments
        assert reason in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert store.champion() == old


def test_every_command_shows_an_example() -> None:
    for command in ("list", "promote", "rollback"):
        shown = subprocess.run(
            [sys.executable, "-m", "rayonnage", "models", command, "--help"], capture_output=True, text=True, check=True
        )
        assert f"Example: rayonnage models {command}" in shown.stdout

"""Versions are published whole or not at all, and the champion is one pointer."""

import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bundle.error import DamagedBundleError, NoEarlierChampionError, NoSuchVersionError, StoreError
from bundle.manifest import Manifest
from bundle.store import VERSION, ModelStore
from bundle.store_local import LocalPlace
from bundle.store_remote import RemotePlace

PUBLISH = """
import sys
from pathlib import Path
from bundle.manifest import Manifest
from bundle.store import ModelStore
store, draft = ModelStore(sys.argv[1]), Manifest.model_validate_json(sys.argv[2])
for _ in range(10):
    with store.staging() as staging:
        for expert in draft.experts:
            (staging / expert.directory).mkdir(parents=True)
            (staging / expert.directory / "weights.bin").write_bytes(b"weights")
        print(store.publish(staging, draft, promote=True))
"""


def publish(store: ModelStore, draft: Manifest, *, promote: bool = False, content: bytes = b"weights") -> str:
    """Publish a bundle whose experts are one small file each."""
    with store.staging() as staging:
        for expert in draft.experts:
            (staging / expert.directory).mkdir(parents=True)
            (staging / expert.directory / "weights.bin").write_bytes(content)
        return store.publish(staging, draft, promote=promote)


@pytest.fixture(params=["path", "file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ModelStore:
    url = {
        "path": str(tmp_path / "models"),
        "file": f"file://{tmp_path}/models",
        "memory": f"memory://{uuid.uuid4().hex}/models",
    }[request.param]
    return ModelStore(url, cache=tmp_path / "cache")


def test_an_empty_store_has_no_versions_and_says_what_to_do(store: ModelStore) -> None:
    assert store.versions() == []
    assert store.champion() is None
    with pytest.raises(NoSuchVersionError, match="rayonnage train"):
        store.open_path()


def test_what_is_published_can_be_opened(store: ModelStore, manifest_draft: Manifest) -> None:
    version = publish(store, manifest_draft, promote=True)
    assert VERSION.fullmatch(version)
    assert store.versions() == [version]
    assert store.champion() == version
    path = store.open_path()
    assert (path / "text/linear/weights.bin").read_bytes() == b"weights"
    assert store.manifest().version == version
    assert store.manifest(version).files.keys() == {"text/linear/weights.bin", "image/lite0/weights.bin"}


def test_versions_of_one_second_are_listed_as_they_were_published(store: ModelStore, manifest_draft: Manifest) -> None:
    published = [publish(store, manifest_draft) for _ in range(8)]
    assert store.versions() == published


def test_a_version_becomes_champion_only_when_promoted(store: ModelStore, manifest_draft: Manifest) -> None:
    first = publish(store, manifest_draft, promote=True)
    second = publish(store, manifest_draft)
    assert store.champion() == first
    store.promote(second)
    assert store.champion() == second
    store.promote(first)
    assert store.champion() == first
    assert store.versions() == sorted([first, second])


def test_rolling_back_twice_goes_back_twice(store: ModelStore, manifest_draft: Manifest) -> None:
    first, second, third = (publish(store, manifest_draft, promote=True) for _ in range(3))
    assert store.earlier_champion() == second
    assert store.rollback() == second
    assert store.champion() == second
    assert store.rollback() == first
    assert store.champion() == first
    with pytest.raises(NoEarlierChampionError, match="before this one"):
        store.rollback()
    assert store.champion() == first
    store.promote(third)
    assert store.rollback() == first


def test_promoting_the_champion_again_is_no_step_to_roll_back(store: ModelStore, manifest_draft: Manifest) -> None:
    first, second = (publish(store, manifest_draft, promote=True) for _ in range(2))
    store.promote(second)
    assert store.rollback() == first


def test_a_rollback_goes_to_the_version_that_was_expected_or_nowhere(
    store: ModelStore, manifest_draft: Manifest
) -> None:
    first, second, third = (publish(store, manifest_draft, promote=True) for _ in range(3))
    with pytest.raises(NoEarlierChampionError):
        store.rollback(to=first)
    assert store.champion() == third
    assert store.rollback(to=second) == second


def test_a_rollback_passes_over_what_was_removed_and_refuses_what_was_damaged(
    tmp_path: Path, manifest_draft: Manifest
) -> None:
    store = ModelStore(tmp_path)
    first, second, third, fourth = (publish(store, manifest_draft, promote=True) for _ in range(4))
    shutil.rmtree(tmp_path / third)
    assert store.rollback() == second
    (tmp_path / first / "text/linear/weights.bin").write_bytes(b"sthgiew")
    with pytest.raises(DamagedBundleError, match=r"weights\.bin"):
        store.rollback()
    assert store.champion() == second
    assert fourth in store.versions()


def test_a_pointer_from_before_there_was_a_history_is_read(tmp_path: Path, manifest_draft: Manifest) -> None:
    store = ModelStore(tmp_path)
    first, second = (publish(store, manifest_draft) for _ in range(2))
    (tmp_path / "champion").write_text(f"{first}\n", "ascii")
    assert store.champion() == first
    with pytest.raises(NoEarlierChampionError):
        store.rollback()
    store.promote(second)
    assert store.rollback() == first


def test_an_unknown_version_is_not_promoted(store: ModelStore, manifest_draft: Manifest) -> None:
    version = publish(store, manifest_draft, promote=True)
    for unknown in ("20200101-000000-0000", "../elsewhere", "champion", "latest"):
        with pytest.raises(NoSuchVersionError, match="known: 2"):
            store.promote(unknown)
    assert store.champion() == version


def test_a_staging_that_fails_leaves_nothing(store: ModelStore) -> None:
    with pytest.raises(RuntimeError, match="out of memory"), store.staging() as staging:
        (staging / "half.bin").write_bytes(b"half")
        raise RuntimeError("out of memory")
    assert store.versions() == []
    assert not staging.exists()


def test_a_bundle_without_its_experts_files_is_not_published(store: ModelStore, manifest_draft: Manifest) -> None:
    with pytest.raises(DamagedBundleError, match="has no files"), store.staging() as staging:
        store.publish(staging, manifest_draft, promote=True)
    assert store.versions() == []
    assert store.champion() is None


def test_a_damaged_version_is_not_promoted(tmp_path: Path, manifest_draft: Manifest) -> None:
    store = ModelStore(tmp_path)
    first = publish(store, manifest_draft, promote=True)
    second = publish(store, manifest_draft)
    (tmp_path / second / "text/linear/weights.bin").write_bytes(b"sthgiew")
    with pytest.raises(DamagedBundleError, match=r"weights\.bin"):
        store.promote(second)
    assert store.champion() == first


def test_a_renamed_version_is_refused(tmp_path: Path, manifest_draft: Manifest) -> None:
    store = ModelStore(tmp_path)
    version = publish(store, manifest_draft)
    (tmp_path / version).rename(tmp_path / "20200101-000000-0000")
    with pytest.raises(DamagedBundleError, match=version):
        store.open_path("20200101-000000-0000")


def test_a_broken_champion_pointer_is_told(tmp_path: Path, manifest_draft: Manifest) -> None:
    store = ModelStore(tmp_path)
    version = publish(store, manifest_draft, promote=True)
    (tmp_path / "champion").write_bytes(b"\0\0\0")
    with pytest.raises(DamagedBundleError, match="champion"):
        store.open_path()
    store.promote(version)
    assert store.open_path() == tmp_path / version


def test_a_crashed_publish_is_ignored_and_removed(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    crashed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, sys; from bundle.store import ModelStore\n"
            "with ModelStore(sys.argv[1]).staging() as path:\n"
            "    (path / 'half.bin').write_bytes(b'half'); print(path, flush=True); os._exit(9)",
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    leftover = Path(crashed.stdout.strip())
    assert leftover.exists()
    assert store.versions() == []
    store.remove_leftovers()
    assert not leftover.exists()


def test_a_staging_in_use_is_no_leftover(tmp_path: Path) -> None:
    """Many begin and write while others look for leftovers all the time."""
    store, over = ModelStore(tmp_path), threading.Event()

    def clean() -> None:
        while not over.is_set():
            store.remove_leftovers()

    def stage(_: int) -> bool:
        with store.staging() as path:
            (path / "half.bin").write_bytes(b"half")
            return (path / "half.bin").exists()

    cleaner = threading.Thread(target=clean)
    cleaner.start()
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(stage, range(300)))
    over.set()
    cleaner.join()
    assert all(written)
    assert not list(tmp_path.glob(".staging-*"))


def test_a_long_publish_is_not_taken_for_a_crashed_one(tmp_path: Path, manifest_draft: Manifest) -> None:
    store = ModelStore(tmp_path)
    with store.staging() as staging:
        os.utime(staging, (time.time() - 7200, time.time() - 7200))
        publish(store, manifest_draft)
        assert staging.exists()


def test_two_processes_publish_at_once(tmp_path: Path, manifest_draft: Manifest) -> None:
    command = [sys.executable, "-c", PUBLISH, str(tmp_path), manifest_draft.model_dump_json()]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    versions = [version for process in processes for version in process.communicate(timeout=120)[0].split()]
    assert [process.returncode for process in processes] == [0, 0]
    store = ModelStore(tmp_path)
    assert len(versions) == 20
    assert store.versions() == sorted(versions)
    for version in versions:
        store.open_path(version)
    assert store.champion() in versions
    assert not list(tmp_path.glob(".*"))
    assert sorted((tmp_path / "champion").read_text("ascii").split()) == sorted(versions), "each was champion once"


@pytest.mark.parametrize("kind", ["local", "remote"])
def test_a_taken_name_is_not_overwritten(tmp_path: Path, kind: str) -> None:
    url = f"memory://{uuid.uuid4().hex}"
    place = LocalPlace(tmp_path / "models") if kind == "local" else RemotePlace(url, tmp_path / "cache")
    added = []
    for content in (b"first", b"second"):
        with place.staging() as staging:
            (staging / "manifest.json").write_bytes(content)
            added.append(place.add(staging, "20261125-120000-aaaa"))
    assert added == [True, False]
    assert place.read("20261125-120000-aaaa/manifest.json") == b"first"


def test_a_published_bundle_can_be_read_by_others(tmp_path: Path, manifest_draft: Manifest) -> None:
    store = ModelStore(tmp_path)
    with store.staging() as staging:
        for expert in manifest_draft.experts:
            (staging / expert.directory).mkdir(parents=True)
            (staging / expert.directory / "weights.bin").write_bytes(b"weights")
            (staging / expert.directory / "weights.bin").chmod(0o600)
        version = store.publish(staging, manifest_draft, promote=False)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / version).rglob("*") if path.is_file()}
    assert modes == {(tmp_path / version / "manifest.json").stat().st_mode & 0o777}


def test_a_remote_bundle_is_fetched_once_and_again_when_its_copy_is_damaged(
    tmp_path: Path, manifest_draft: Manifest
) -> None:
    import fsspec

    root = f"/{uuid.uuid4().hex}"
    store = ModelStore(f"memory:/{root}", cache=tmp_path)
    version = publish(store, manifest_draft, promote=True)
    path = store.open_path()
    remote = fsspec.filesystem("memory")
    assert tmp_path in path.parents
    before = (path / "manifest.json").stat().st_mtime_ns
    assert store.open_path() == path
    assert (path / "manifest.json").stat().st_mtime_ns == before
    (path / "text/linear/weights.bin").write_bytes(b"sthgiew")
    assert store.open_path() == path
    assert (path / "text/linear/weights.bin").read_bytes() == b"weights"

    shutil.rmtree(path)
    remote.pipe_file(f"{root}/{version}/text/linear/weights.bin", b"sthgiew")
    with pytest.raises(DamagedBundleError, match=r"weights\.bin"):
        store.open_path()


def test_a_remote_publish_that_crashed_is_no_version(tmp_path: Path, manifest_draft: Manifest) -> None:
    import fsspec

    root = f"/{uuid.uuid4().hex}"
    remote = fsspec.filesystem("memory")
    remote.pipe_file(f"{root}/20200101-000000-0000/text/linear/weights.bin", b"half")
    remote.pipe_file(f"{root}/.claim-20200101-000000-0000", b"")
    store = ModelStore(f"memory:/{root}", cache=tmp_path)
    assert store.versions() == []
    version = publish(store, manifest_draft)
    assert store.versions() == [version]
    assert not remote.exists(f"{root}/20200101-000000-0000"), "an old leftover goes"
    assert sorted(path.rpartition("/")[2] for path in remote.ls(root, detail=False)) == [version]


def test_a_store_that_cannot_be_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nosuch"):
        ModelStore("nosuch://bucket/models")
    (tmp_path / "models").write_text("a file", "utf-8")
    with pytest.raises(StoreError, match="models"):
        ModelStore(tmp_path / "models").versions()
    with pytest.raises(StoreError, match="models"), ModelStore(tmp_path / "models").staging():
        pass

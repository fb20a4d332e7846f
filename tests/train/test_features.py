"""The on-disk cache of frozen-backbone features."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from train.features import cached_features

KEYS = ["aa11", "bb22", "aa11", "cc33"]


class Counting:
    """Features that are the place itself, and the places that were asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, places: list[int]) -> np.ndarray:
        self.asked += places
        return np.array([[place + 0.1, -place] for place in places], np.float32)


def test_each_photo_is_computed_once_and_equal_keys_share_a_row(tmp_path: Path) -> None:
    compute = Counting()
    first = cached_features(KEYS, lambda _: compute, backbone="b", cache_dir=tmp_path)
    assert compute.asked == [0, 1, 3]
    assert first.shape == (4, 2) and first.dtype == np.float32
    np.testing.assert_array_equal(first[2], first[0])
    again = cached_features(KEYS[::-1], lambda _: compute, backbone="b", cache_dir=tmp_path)
    assert compute.asked == [0, 1, 3]
    np.testing.assert_array_equal(again, first[::-1])


def test_another_backbone_does_not_read_the_first_one_s_features(tmp_path: Path) -> None:
    compute = Counting()
    cached_features(KEYS, lambda _: compute, backbone="b", cache_dir=tmp_path)
    cached_features(KEYS, lambda _: compute, backbone="c", cache_dir=tmp_path)
    assert compute.asked == [0, 1, 3] * 2


@pytest.mark.parametrize("damage", ["empty", "cut", "foreign"])
def test_a_damaged_file_is_computed_again(tmp_path: Path, damage: str) -> None:
    compute = Counting()
    first = cached_features(KEYS, lambda _: compute, backbone="b", cache_dir=tmp_path)
    path = tmp_path / "b" / "bb" / "bb22.npy"
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "cut": whole[:-1], "foreign": b"not an array"}[damage])
    compute.asked.clear()
    np.testing.assert_array_equal(cached_features(KEYS, lambda _: compute, backbone="b", cache_dir=tmp_path), first)
    assert compute.asked == [1]
    assert path.read_bytes() == whole


def test_what_was_computed_before_a_crash_is_kept(tmp_path: Path) -> None:
    keys = [f"{place:04x}" for place in range(100)]
    compute = Counting()

    def crash_in_the_second_chunk(places: list[int]) -> np.ndarray:
        if places[0] > 0:
            raise KeyboardInterrupt
        return compute(places)

    with pytest.raises(KeyboardInterrupt):
        cached_features(keys, lambda _: crash_in_the_second_chunk, backbone="b", cache_dir=tmp_path)
    compute.asked.clear()
    assert cached_features(keys, lambda _: compute, backbone="b", cache_dir=tmp_path).shape == (100, 2)
    assert compute.asked == list(range(64, 100))


def test_values_beyond_float16_are_clipped_and_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    features = cached_features(
        ["dd44"],
        lambda _: lambda places: np.full((len(places), 3), 1e9, np.float32),
        backbone="b",
        cache_dir=tmp_path,
        progress=lambda _stage, done, total: told.append((done, total)),
        dtype=np.float16,
    )
    assert np.isfinite(features).all() and features.dtype == np.float16
    assert told == [(0, 1), (1, 1)]


def test_no_photo_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no photo"):
        cached_features([], lambda _: Counting(), backbone="b", cache_dir=tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("session_ray")
def test_workers_share_what_is_missing_and_each_loads_once(tmp_path: Path) -> None:
    keys, told = [f"{place:04x}" for place in range(300)], []
    cached_features(keys[:10], lambda _: Counting(), backbone="b", cache_dir=tmp_path)

    def load(threads: int | None) -> Callable[[list[int]], np.ndarray]:
        assert threads == 1
        (tmp_path / f"loaded-{os.getpid()}").touch(exist_ok=False)

        def compute(places: list[int]) -> np.ndarray:
            while len(list(tmp_path.glob("loaded-*"))) < 2:
                time.sleep(0.05)
            return np.array([[place + 0.1, -place] for place in places], np.float32)

        return compute

    features = cached_features(
        keys, load, backbone="b", cache_dir=tmp_path, workers=2, progress=lambda _stage, done, _total: told.append(done)
    )

    np.testing.assert_array_equal(features, Counting()(list(range(300))).astype(np.float16))
    assert told[0] == 10 and told[-1] == 300 and len(told) > 3
    again = cached_features(keys, load, backbone="b", cache_dir=tmp_path, workers=2)
    np.testing.assert_array_equal(again, features)

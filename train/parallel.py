"""One thread a core, for work that leaves Python's lock (decoding, hashing)."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def map_threads(make: Callable[[Given], Made], given: Sequence[Given]) -> list[Made]:
    """`make` of each, in order; the first exception is raised."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(make, given))

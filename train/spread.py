"""Spreads the computing of features over Ray Data's actors, on one machine or on all nodes of a cluster."""

from collections.abc import Callable, Iterator

import numpy as np
import ray
import ray.data

from train.ray_session import ray_session, silence_ray_data

Compute = Callable[[list[int]], np.ndarray]
"""Takes places, gives their features (n, width)."""

Load = Callable[[int | None], Compute]
"""Given the CPU threads to use (None: all), loads a backbone; can be pickled."""


def spread(load: Load, places: list[int], *, workers: int, chunk: int) -> Iterator[tuple[list[int], np.ndarray]]:
    """Places and their features, some `chunk` at a time, in the order in which they are done.

    Args:
        workers: actors that load the backbone each, and share the CPUs evenly.
    """
    with ray_session():
        silence_ray_data()
        cpus = _cpus_each(workers)
        kept = ray.put(load)

        class Backbone:
            def __init__(self) -> None:
                self._compute: Compute = ray.get(kept)(cpus)

            def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
                return {"place": batch["item"], "features": self._compute(batch["item"].tolist())}

        blocks = max(1, round(len(places) / chunk))
        features = ray.data.from_items(places, override_num_blocks=blocks).map_batches(
            Backbone, batch_size=None, compute=ray.data.ActorPoolStrategy(size=min(workers, blocks)), num_cpus=cpus
        )
        for batch in features.iter_batches(batch_size=None):
            yield batch["place"].tolist(), batch["features"]


def _cpus_each(workers: int) -> int:
    """CPUs of each worker, so that each finds a node that has as many."""
    nodes = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    return max(1, min(sum(nodes) // workers, max(nodes)))

"""Tells the workers of Ray Train of each other, as TensorFlow wants to know it.

Ray's own does the same, and imports TensorFlow into the driver and the controller for it: a quarter of a minute and
half a gigabyte each, on a small machine.
"""

import json
import os
import socket

import ray
from ray.train.backend import Backend, BackendConfig

from train.host_memory import HOST_MEMORY_VARIABLE, open_host_memory


class TensorflowWorkers(BackendConfig):
    """For `ray.train`'s `DataParallelTrainer`: sets `TF_CONFIG` in every worker, and what they share on one machine."""

    @property
    def backend_cls(self) -> type[Backend]:
        return _Cluster


class _Cluster(Backend):
    def on_start(self, worker_group, backend_config) -> None:  # type: ignore[no-untyped-def]  # noqa: ARG002
        addresses = worker_group.execute(_free_address)
        memory = ""
        if len(addresses) > 1 and len(set(worker_group.execute(_node))) == 1:
            memory = worker_group.execute_single(0, open_host_memory)
        ranks = range(len(addresses))
        ray.get([worker_group.execute_single_async(rank, _join, addresses, rank, memory) for rank in ranks])


def _node() -> str:
    return str(ray.get_runtime_context().get_node_id())


def _free_address() -> str:
    """Of this worker, at a port that is free now."""
    with socket.socket() as listener:
        listener.bind(("", 0))
        return f"{ray.util.get_node_ip_address()}:{listener.getsockname()[1]}"


def _join(addresses: list[str], rank: int, memory: str) -> None:
    cluster = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": rank}}
    os.environ["TF_CONFIG"] = json.dumps(cluster)
    os.environ[HOST_MEMORY_VARIABLE] = memory

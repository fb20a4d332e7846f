"""What the routers count, and the Prometheus text that sums it over all of them."""

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import ray
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from ray.experimental.internal_kv import _internal_kv_get, _internal_kv_list, _internal_kv_put

from bundle.manifest import Modality

log = logging.getLogger("ray.serve")

KV_PREFIX = "rayonnage-metrics:"
PUBLISH_S = 1.0
STALE_S = 15.0
SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class RouterMetrics:
    """Counters of one router replica.

    Every replica lays its figures down in Ray's own key-value store; whoever is asked for `/metrics` adds them up, so
    the answer is the same from every replica, and a replica that died has not taken its counts along.

    Args:
        replica: a name that no other replica has.
    """

    def __init__(self, replica: str) -> None:
        self._key = KV_PREFIX + replica
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "rayonnage_requests",
            "HTTP requests, by route and status",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.request_seconds = Histogram(
            "rayonnage_request_seconds", "Time to answer", ["route"], buckets=SECONDS, registry=self._registry
        )
        self.listings = Counter(
            "rayonnage_listings", "Listings answered, by bundle version", ["version"], registry=self._registry
        )
        self.degraded = Counter(
            "rayonnage_degraded", "Listings whose part had no say", ["modality"], registry=self._registry
        )
        self.batch_size = Histogram(
            "rayonnage_batch_size", "Listings in one model call", ["modality"], buckets=SIZES, registry=self._registry
        )
        self.call_seconds = Histogram(
            "rayonnage_model_call_seconds",
            "Time of one model call",
            ["modality"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self.calls_in_flight = Gauge(
            "rayonnage_model_calls_in_flight", "Model calls under way", ["modality"], registry=self._registry
        )
        self.waiting = Gauge(
            "rayonnage_waiting", "Listings waiting for a call slot", ["modality"], registry=self._registry
        )
        self.under_way = Gauge("rayonnage_listings_under_way", "Listings being answered", registry=self._registry)
        self.up = Gauge(
            "rayonnage_routers_seeing_model", "Routers that see the model up", ["modality"], registry=self._registry
        )

    @contextmanager
    def model_call(self, modality: Modality, listings: int) -> Iterator[None]:
        """Count one call to a model."""
        started = time.perf_counter()
        self.batch_size.labels(modality).observe(listings)
        self.calls_in_flight.labels(modality).inc()
        try:
            yield
        finally:
            self.calls_in_flight.labels(modality).dec()
            self.call_seconds.labels(modality).observe(time.perf_counter() - started)

    def publish(self) -> None:
        """Lay this replica's figures down where the others find them. Blocks; call it in a thread."""
        families = [
            {"name": f.name, "help": f.documentation, "type": f.type, "samples": [s[:3] for s in f.samples]}
            for f in self._registry.collect()
        ]
        _internal_kv_put(self._key, json.dumps({"time": time.time(), "families": families}), overwrite=True)

    async def publish_forever(self) -> None:
        """Publish every second, so that the replica that is asked knows nearly all of the others' figures."""
        while True:
            await asyncio.sleep(PUBLISH_S)
            try:
                await asyncio.to_thread(self.publish)
            except Exception:
                log.exception("the metrics of this router could not be published")

    def text(self) -> bytes:
        """The figures of all replicas, added up, in Prometheus' text format. Blocks; call it in a thread."""
        self.publish()
        found = (_internal_kv_get(key) for key in _internal_kv_list(KV_PREFIX))
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Sum([json.loads(value) for value in found if value]))
        return generate_latest(registry)


class _Sum(Collector):
    """Adds up the figures of several replicas, sample by sample."""

    def __init__(self, replicas: list[dict]) -> None:
        self._replicas = replicas

    def collect(self) -> Iterable[Metric]:
        sums: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
        about: dict[str, tuple[str, str]] = {}
        now = time.time()
        for replica in self._replicas:
            for family in replica["families"]:
                # What a dead replica counted stays counted; what it held at its end, nobody holds any more.
                if family["type"] == "gauge" and now - replica["time"] > STALE_S:
                    continue
                about.setdefault(family["name"], (family["help"], family["type"]))
                samples = sums.setdefault(family["name"], {})
                for name, labels, value in family["samples"]:
                    if not name.endswith("_created"):
                        key = (name, tuple(labels.items()))
                        samples[key] = samples.get(key, 0.0) + value
        for name, samples in sums.items():
            metric = Metric(name, *about[name])
            for (sample, labels), value in samples.items():
                metric.add_sample(sample, dict(labels), value)
            yield metric


def replica_name() -> str:
    """A name for this process that no other replica has."""
    return ray.get_runtime_context().get_actor_id() or ray.get_runtime_context().get_worker_id()

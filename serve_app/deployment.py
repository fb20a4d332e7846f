"""The Ray Serve deployments: TextModel and ImageModel, each scaling apart, and FusionRouter before them."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import numpy as np
import ray.serve
from ray.serve.handle import DeploymentHandle

from bundle.manifest import Manifest, Modality
from serve_app.settings import Settings

API_APP = "api"
PAGE_APP = "page"
MODEL_NAMES: dict[Modality, str] = {"text": "TextModel", "image": "ImageModel"}

CALLS_IN_FLIGHT = 2
"""Calls to one replica at once: while one is answered, the next travels."""

PAGE_CPUS = 0.1
GPUS = 0.2
"""Share of a GPU that one model replica reserves."""

MESSAGE_BYTES = 3_500_000
"""What may cross to a replica in one message; gRPC refuses more than 4 MB."""


class WrongVersionError(Exception):
    """The router asked for a bundle version that this replica does not hold."""

    def __init__(self, asked: str, held: str) -> None:
        super().__init__(asked, held)
        self.asked = asked
        self.held = held

    def __str__(self) -> str:
        return f"asked for version {self.asked}, this replica holds {self.held}"


class _Model:
    """One replica of a model: opens its part of the bundle and answers lists of listings with votes."""

    modality: Modality

    def __init__(self, settings: Settings, version: str) -> None:
        from bundle.predictor import Predictor
        from bundle.store import ModelStore

        # One thread, so that calls wait in order here and the event loop stays free for health checks.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        path = ModelStore(settings.store_url).open_path(version)
        self._version = version
        self._predictor = Predictor.open(
            path, modalities=(self.modality,), threads=settings.model_threads, device=settings.device
        )
        self._predict(self._smallest())

    async def votes(self, version: str, batch: Sequence[Any]) -> np.ndarray:
        """Calibrated probabilities of a list of listings: (n, experts, categories) float32."""
        if version != self._version:
            raise WrongVersionError(version, self._version)
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._predict, batch)

    async def ping(self) -> None:
        """Returns at once, however busy the model is."""

    async def probe(self, version: str) -> bool:
        """Returns once this replica answers for the version."""
        await self.votes(version, self._smallest())
        return True

    async def check_health(self) -> None:
        """A tiny prediction: a replica whose model hangs is not healthy, however well its event loop is."""
        await self.votes(self._version, self._smallest())

    def _predict(self, batch: Sequence[Any]) -> np.ndarray:
        raise NotImplementedError

    def _smallest(self) -> Sequence[Any]:
        raise NotImplementedError


class _TextModel(_Model):
    modality = "text"

    def _predict(self, batch: Sequence[Any]) -> np.ndarray:
        return self._predictor.text_votes(batch)

    def _smallest(self) -> Sequence[Any]:
        from bundle.text import CleanText

        return [CleanText("livre", "")]


class _ImageModel(_Model):
    modality = "image"

    def _predict(self, batch: Sequence[Any]) -> np.ndarray:
        return self._predictor.image_votes(np.stack(batch))

    def _smallest(self) -> Sequence[Any]:
        from bundle.image import IMAGE_PX

        return [np.full((IMAGE_PX, IMAGE_PX, 3), 255, np.uint8)]


class _FusionRouter:
    """Router and HTTP ingress in one: a hop between two deployments costs about as much as a model.

    Args:
        models: handles of the models that the bundle has experts for.
    """

    def __init__(self, settings: Settings, manifest: Manifest, models: dict[Modality, DeploymentHandle]) -> None:
        from serve_app.backend import open_backend
        from serve_app.body import Limits
        from serve_app.metrics import RouterMetrics, replica_name
        from serve_app.model_client import ModelClient
        from serve_app.prediction import PredictionService
        from serve_app.serving import Serving

        metrics = RouterMetrics(replica_name())
        replicas = {"text": settings.text_replicas, "image": settings.image_replicas}
        clients = {
            modality: ModelClient(
                modality,
                handle,
                version=manifest.version,
                max_batch=_max_batch(modality, settings.max_batch),
                calls_in_flight=CALLS_IN_FLIGHT * replicas[modality],
                deadline_s=settings.model_deadline_s,
                metrics=metrics,
            )
            for modality, handle in models.items()
        }
        limits = Limits(
            text_max_chars=settings.text_max_chars,
            image_max_bytes=settings.image_max_bytes,
            batch_max_bytes=settings.batch_max_bytes,
        )
        self._service = PredictionService(Serving(manifest, clients), limits=limits, metrics=metrics)
        self._backend = open_backend(settings, self._service)
        self._publishing: asyncio.Task[None] | None = None

    def __serve_build_asgi_app__(self) -> Any:
        from serve_app.api.app import build_app

        self._service.serving.watch()
        self._publishing = asyncio.get_running_loop().create_task(self._service.metrics.publish_forever())
        return build_app(self._backend)


class _Page:
    """The page, mounted beside the API; it knows the API's URL and nothing else of the server.

    Args:
        factory: `module:function` that makes an ASGI app from the API's URL.
    """

    def __init__(self, factory: str, api_url: str) -> None:
        self._factory = factory
        self._api_url = api_url

    def __serve_build_asgi_app__(self) -> Any:
        module, _, name = self._factory.partition(":")
        return getattr(import_module(module), name)(self._api_url)


def api_application(settings: Settings, manifest: Manifest) -> ray.serve.Application:
    """The application of the API: a router, and a model for each modality that the bundle has experts for."""
    classes: dict[Modality, type] = {"text": _TextModel, "image": _ImageModel}
    replicas = {"text": settings.text_replicas, "image": settings.image_replicas}
    cpus = {"text": settings.text_cpus, "image": settings.image_cpus}
    gpus = GPUS if settings.device == "gpu" else 0
    models = {
        modality: ray.serve.deployment(
            classes[modality],
            name=MODEL_NAMES[modality],
            num_replicas=replicas[modality],
            ray_actor_options={"num_cpus": cpus[modality], "num_gpus": gpus},
            max_ongoing_requests=16 + CALLS_IN_FLIGHT * settings.router_replicas * replicas[modality],
            health_check_period_s=3,
            health_check_timeout_s=30,
            graceful_shutdown_timeout_s=5,
        ).bind(settings, manifest.version)
        for modality in classes
        if manifest.experts_of(modality)
    }
    router = ray.serve.deployment(
        ray.serve.ingress()(_FusionRouter),
        name="FusionRouter",
        num_replicas=settings.router_replicas,
        ray_actor_options={"num_cpus": settings.router_cpus},
        max_ongoing_requests=1000,
        health_check_period_s=3,
        graceful_shutdown_timeout_s=5,
    )
    return router.bind(settings, manifest, models)


def page_application(factory: str, api_url: str) -> ray.serve.Application:
    """The application of the page; one replica, because Gradio keeps its sessions in the process."""
    page = ray.serve.deployment(
        ray.serve.ingress()(_Page),
        name="Page",
        num_replicas=1,
        ray_actor_options={"num_cpus": PAGE_CPUS},
        max_ongoing_requests=1000,
        graceful_shutdown_timeout_s=5,
    )
    return page.bind(factory, api_url)


def reserved(settings: Settings, manifest: Manifest, *, page: bool) -> dict[str, float]:
    """What all replicas together reserve of the machine, by Ray's names of resources."""
    text = settings.text_replicas if manifest.experts_of("text") else 0
    image = settings.image_replicas if manifest.experts_of("image") else 0
    cpus = text * settings.text_cpus + image * settings.image_cpus + settings.router_replicas * settings.router_cpus
    gpus = (text + image) * GPUS if settings.device == "gpu" else 0
    return {"CPU": round(cpus + PAGE_CPUS * page, 3), "GPU": round(gpus, 3)}


def _max_batch(modality: Modality, wanted: int) -> int:
    if modality == "text":
        return wanted
    from bundle.image import IMAGE_PX

    return max(1, min(wanted, MESSAGE_BYTES // (IMAGE_PX * IMAGE_PX * 3)))

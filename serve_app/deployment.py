"""The Ray Serve deployments: TextModel and ImageModel, each scaling apart, and FusionRouter before them."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import ray.serve
from ray.serve.handle import DeploymentHandle

from bundle.manifest import Manifest, Modality
from serve_app.error import VersionError
from serve_app.serving import CALLS_IN_FLIGHT
from serve_app.settings import Settings

if TYPE_CHECKING:
    from bundle.predictor import Predictor

API_APP = "api"
PAGE_APP = "page"
MODEL_NAMES: dict[Modality, str] = {"text": "TextModel", "image": "ImageModel"}

PAGE_CPUS = 0.1
GPUS = 0.2
"""Share of a GPU that one model replica reserves."""


class _Model:
    """One replica of a model: loads its part of bundles, and answers lists of listings with votes.

    Args:
        version: to start with, where no router wants another one already.
    """

    modality: Modality

    def __init__(self, settings: Settings, version: str) -> None:
        from bundle.store import ModelStore
        from serve_app.metrics import replica_name
        from serve_app.swap.board import last_wants
        from serve_app.swap.held_versions import HeldVersions

        # One thread, so that calls wait in order here and the event loop stays free for health checks.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._settings = settings
        self._store = ModelStore(settings.store_url)
        self._versions = HeldVersions(self._open)
        last = last_wants()
        needed = last.version if last else version
        for wanted in (needed, *(last.since if last else ())):
            self._versions.get(wanted)
        self._loaded(needed)
        self._versions.follow(replica_name(), self.modality)

    async def votes(self, version: str, batch: Sequence[Any]) -> np.ndarray:
        """Calibrated probabilities of a list of listings: (n, experts, categories) float32.

        A version that this replica does not hold yet is waited for.
        """
        loading = self._versions.get(version)
        if not loading.done():
            # Shielded, because others wait for it too.
            await asyncio.shield(asyncio.wrap_future(loading))
        predictor = self._loaded(version)
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._predict, predictor, batch)

    async def ping(self) -> None:
        """Returns at once, however busy the model is."""

    async def probe(self, version: str) -> bool:
        """Returns once this replica answers for the version."""
        await self.votes(version, self._smallest())
        return True

    async def check_health(self) -> None:
        """A tiny prediction: a replica whose model hangs is not healthy, however well its event loop is."""
        for version in self._versions.held():
            if self._loaded(version).manifest.experts_of(self.modality):
                await self.probe(version)
                return

    def _open(self, version: str) -> "Predictor":
        from bundle.predictor import Predictor

        return Predictor.open(
            self._store.open_path(version),
            modalities=(self.modality,),
            threads=self._settings.model_threads,
            device=self._settings.device,
        )

    def _loaded(self, version: str) -> "Predictor":
        from serve_app.swap.board import Failure

        loaded = self._versions.get(version).result()
        if isinstance(loaded, Failure):
            raise VersionError(version, loaded.reason)
        return loaded

    def _predict(self, predictor: "Predictor", batch: Sequence[Any]) -> np.ndarray:
        raise NotImplementedError

    def _smallest(self) -> Sequence[Any]:
        raise NotImplementedError


class _TextModel(_Model):
    modality = "text"

    def _predict(self, predictor: "Predictor", batch: Sequence[Any]) -> np.ndarray:
        return predictor.text_votes(batch)

    def _smallest(self) -> Sequence[Any]:
        from bundle.text import CleanText

        return [CleanText("livre", "")]


class _ImageModel(_Model):
    modality = "image"

    def _predict(self, predictor: "Predictor", batch: Sequence[Any]) -> np.ndarray:
        return predictor.image_votes(np.stack(batch))

    def _smallest(self) -> Sequence[Any]:
        from bundle.image import IMAGE_PX

        return [np.full((IMAGE_PX, IMAGE_PX, 3), 255, np.uint8)]


class _FusionRouter:
    """Router and HTTP ingress in one: a hop between two deployments costs about as much as a model.

    Args:
        models: handles of the models that the bundle has experts for.
    """

    def __init__(
        self, settings: Settings, manifest: Manifest, models: dict[Modality, DeploymentHandle], pinned: bool
    ) -> None:
        from serve_app.accounts.signing_key import signing_key
        from serve_app.admission import Admission
        from serve_app.backend import open_backend
        from serve_app.body import Limits
        from serve_app.metrics import RouterMetrics, replica_name
        from serve_app.prediction import PredictionService
        from serve_app.prediction_id import PredictionIds
        from serve_app.serving import RunningModels

        metrics = RouterMetrics(replica_name())
        running = RunningModels(settings, models, metrics=metrics)
        limits = Limits(
            text_max_chars=settings.text_max_chars,
            image_max_bytes=settings.image_max_bytes,
            batch_max_bytes=settings.batch_max_bytes,
        )
        serving = running.serving(manifest if pinned else _last_answering(settings, manifest))
        key = signing_key(settings)
        self._service = PredictionService(
            serving, limits=limits, admission=Admission(settings.max_waiting), ids=PredictionIds(key), metrics=metrics
        )
        self._backend = open_backend(settings, self._service, running, key=key, router=replica_name(), pinned=pinned)
        self._tasks: list[asyncio.Task[None]] = []

    def __serve_build_asgi_app__(self) -> Any:
        from serve_app.api.app import build_app

        self._service.serving.watch()
        swapper = self._backend.swapper
        forever = (self._service.metrics.publish_forever(), swapper.speak_forever(), swapper.follow_forever())
        self._tasks = [asyncio.get_running_loop().create_task(work) for work in forever]
        return build_app(self._backend)


class _Page:
    """The page, mounted beside the API; it knows the API's URL and nothing else of the server.

    Args:
        factory: `module:function` that makes an ASGI app from the API's URL, and the secret by which the API knows it.
    """

    def __init__(self, factory: str, settings: Settings, api_url: str) -> None:
        self._factory = factory
        self._settings = settings
        self._api_url = api_url

    def __serve_build_asgi_app__(self) -> Any:
        from serve_app.address import Proxies
        from serve_app.api.middleware.proxy_prefix import ProxyPrefix

        module, _, name = self._factory.partition(":")
        page = getattr(import_module(module), name)(self._api_url, self._settings.page_secret.get_secret_value())
        proxies = Proxies.read(self._settings.trusted_proxies)
        return ProxyPrefix(page, root_path=self._settings.root_path, proxies=proxies)


def api_application(settings: Settings, manifest: Manifest, *, pinned: bool) -> ray.serve.Application:
    """The application of the API: a router, and a model for each modality that the bundle has experts for.

    Args:
        pinned: stay with this version, whichever becomes champion.
    """
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
            # While a new version takes over, calls of the old one are still under way.
            max_ongoing_requests=16 + 2 * CALLS_IN_FLIGHT * settings.router_replicas * replicas[modality],
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
    return router.bind(settings, manifest, models, pinned)


def page_application(factory: str, settings: Settings, api_url: str) -> ray.serve.Application:
    """The application of the page; one replica, because Gradio keeps its sessions in the process."""
    page = ray.serve.deployment(
        ray.serve.ingress()(_Page),
        name="Page",
        num_replicas=1,
        ray_actor_options={"num_cpus": PAGE_CPUS},
        max_ongoing_requests=1000,
        graceful_shutdown_timeout_s=5,
    )
    return page.bind(factory, settings, api_url)


def reserved(settings: Settings, manifest: Manifest, *, page: bool) -> dict[str, float]:
    """What all replicas together reserve of the machine, by Ray's names of resources."""
    text = settings.text_replicas if manifest.experts_of("text") else 0
    image = settings.image_replicas if manifest.experts_of("image") else 0
    cpus = text * settings.text_cpus + image * settings.image_cpus + settings.router_replicas * settings.router_cpus
    gpus = (text + image) * GPUS if settings.device == "gpu" else 0
    return {"CPU": round(cpus + PAGE_CPUS * page, 3), "GPU": round(gpus, 3)}


def _last_answering(settings: Settings, manifest: Manifest) -> Manifest:
    """The version that the routers answered with when one of them died; at the first start, the one given.

    Not the champion: it may be one that cannot be loaded. If it is another one, the router follows it.
    """
    from bundle.error import BundleError
    from bundle.store import ModelStore
    from serve_app.swap.board import last_wants

    last = last_wants()
    try:
        return ModelStore(settings.store_url).manifest(last.version) if last else manifest
    except BundleError:
        return manifest

"""One version as it is served: its manifest, its fusion, and the clients that ask its models."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bundle.fusion import MODALITIES, Fusion
from bundle.image import IMAGE_PX
from bundle.manifest import Manifest, Modality
from serve_app.error import ConflictError
from serve_app.settings import Settings

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle

    from serve_app.metrics import RouterMetrics
    from serve_app.model_client import ModelClient

CALLS_IN_FLIGHT = 2
"""Calls to one replica at once: while one is answered, the next travels."""

MESSAGE_BYTES = 3_500_000
"""What may cross to a replica in one message; gRPC refuses more than 4 MB."""


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Serving:
    """What a request is answered with, from its start to its end; a swap puts another one in its place.

    Attributes:
        clients: one a modality that the bundle has experts for, all bound to this version.
    """

    manifest: Manifest
    clients: "dict[Modality, ModelClient]"
    fusion: Fusion = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fusion", Fusion(self.manifest))

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def down(self) -> list[Modality]:
        """Modalities of the bundle that have no say now."""
        return [modality for modality, client in self.clients.items() if client.state != "up"]

    @property
    def ready(self) -> bool:
        """Every model has been up, and one is up now."""
        states = [client.state for client in self.clients.values()]
        return "starting" not in states and "up" in states

    async def votes(self, sent: dict[Modality, Any]) -> dict[Modality, np.ndarray | None]:
        """What each modality's experts say, asked at once: (experts, categories) float32, or None without a say.

        Args:
            sent: by modality what the listing brings, or None.
        """
        said = await asyncio.gather(*(self._ask(modality, item) for modality, item in sent.items()))
        return dict(zip(sent, said, strict=True))

    def watch(self) -> None:
        """Find out in the background when the models answer for this version."""
        for client in self.clients.values():
            client.watch()

    def note_loading(self, loading: bool) -> None:
        """Whether the models' replicas load another version now."""
        for client in self.clients.values():
            client.loading = loading

    def close(self) -> None:
        """Look for lost models no longer; calls under way are answered."""
        for client in self.clients.values():
            client.close()

    async def _ask(self, modality: Modality, item: Any) -> np.ndarray | None:
        if item is None or modality not in self.clients:
            return None
        return await self.clients[modality].votes(item)


class RunningModels:
    """The model deployments that run, whichever versions they hold.

    Args:
        handles: one a modality that has a deployment.
    """

    def __init__(
        self, settings: Settings, handles: "dict[Modality, DeploymentHandle]", *, metrics: "RouterMetrics"
    ) -> None:
        self._settings = settings
        self._handles = handles
        self._metrics = metrics

    def serving(self, manifest: Manifest) -> Serving:
        """A version, to be asked of the models that run.

        Raises:
            ConflictError: no deployment runs for a modality of the version.
        """
        from serve_app.model_client import ModelClient

        clients: dict[Modality, ModelClient] = {}
        replicas = {"text": self._settings.text_replicas, "image": self._settings.image_replicas}
        for modality in MODALITIES:
            if not manifest.experts_of(modality):
                continue
            if modality not in self._handles:
                raise ConflictError(
                    f"version {manifest.version} has {modality} experts, and no {modality} model runs: "
                    "promote it with `rayonnage models promote`, and restart the server"
                )
            clients[modality] = ModelClient(
                modality,
                self._handles[modality],
                version=manifest.version,
                max_batch=_max_batch(modality, self._settings.max_batch),
                calls_in_flight=CALLS_IN_FLIGHT * replicas[modality],
                deadline_s=self._settings.model_deadline_s,
                metrics=self._metrics,
            )
        return Serving(manifest, clients)


def _max_batch(modality: Modality, wanted: int) -> int:
    if modality == "text":
        return wanted
    return max(1, min(wanted, MESSAGE_BYTES // (IMAGE_PX * IMAGE_PX * 3)))

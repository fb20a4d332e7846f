"""One version as it is served: its manifest, its fusion, and the clients that ask its models."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bundle.fusion import Fusion
from bundle.manifest import Manifest, Modality

if TYPE_CHECKING:
    from serve_app.model_client import ModelClient


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

    def close(self) -> None:
        """Look for lost models no longer; calls under way are answered."""
        for client in self.clients.values():
            client.close()

    async def _ask(self, modality: Modality, item: Any) -> np.ndarray | None:
        if item is None or modality not in self.clients:
            return None
        return await self.clients[modality].votes(item)

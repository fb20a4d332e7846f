"""Answers listings: cleans and decodes, asks both models at once, fuses what they say."""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from bundle.fusion import Fusion
from bundle.image import prepare_image
from bundle.manifest import Manifest, Modality
from bundle.text import CleanText, has_text, prepare_text
from datasets.error import PhotoError
from datasets.listing import Listing
from serve_app.answer import Answer, answer_of
from serve_app.body import Limits, read_json_listing
from serve_app.error import ModelsDownError, RequestError
from serve_app.listing_fields import ListingFields

if TYPE_CHECKING:
    from serve_app.metrics import RouterMetrics
    from serve_app.model_client import ModelClient

LONG_TEXT_CHARS = 300
"""Cleaning more than this can take over a millisecond, and goes to a thread."""


class PredictionService:
    """What the HTTP handlers call.

    Args:
        manifest: of the bundle that all models serve.
        clients: one a modality that the bundle has experts for.
    """

    def __init__(
        self, manifest: Manifest, clients: "dict[Modality, ModelClient]", *, limits: Limits, metrics: "RouterMetrics"
    ) -> None:
        self.manifest = manifest
        self.clients = clients
        self.limits = limits
        self.metrics = metrics
        self._fusion = Fusion(manifest)
        self._threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="prepare")

    @property
    def down(self) -> list[Modality]:
        """Modalities of the bundle that have no say now."""
        return [modality for modality, client in self.clients.items() if client.state != "up"]

    @property
    def ready(self) -> bool:
        """Every model has been up, and one is up now."""
        states = [client.state for client in self.clients.values()]
        return "starting" not in states and "up" in states

    async def predict(self, fields: ListingFields, photo: bytes | None, *, started: float) -> Answer:
        """The answer to one listing.

        Args:
            started: `time.perf_counter()` when the request came.
        Raises:
            RequestError: the listing cannot be judged.
            ModelsDownError: the models that could are down.
        """
        text, pixels = await asyncio.gather(self._text(fields), self._pixels(photo))
        if text is None and pixels is None:
            raise RequestError("designation", "is empty, and there is no photo: send one of them")
        sent: dict[Modality, Any] = {"text": text, "image": pixels}
        text_vote, image_vote = await asyncio.gather(*(self._ask(name, item) for name, item in sent.items()))
        said = {"text": text_vote, "image": image_vote}
        degraded: list[Modality] = [name for name, item in sent.items() if item is not None and said[name] is None]
        for modality in degraded:
            self.metrics.degraded.labels(modality).inc()
        if text_vote is None and image_vote is None:
            raise self._nobody(degraded)
        (prediction,) = self._fusion.answer([text_vote], [image_vote], degraded=[degraded])
        self.metrics.listings.labels(self.manifest.version).inc()
        elapsed_ms = round((time.perf_counter() - started) * 1000, 2)
        return answer_of(prediction, self.manifest, top_k=fields.top_k, elapsed_ms=elapsed_ms)

    async def predict_raw(self, given: Any, *, started: float) -> Answer | RequestError:
        """The answer to one listing of a batch, or what is wrong with it."""
        try:
            fields, photo = await self._in_thread(read_json_listing, given, self.limits)
            return await self.predict(fields, photo, started=started)
        except RequestError as error:
            return error

    async def _text(self, fields: ListingFields) -> CleanText | None:
        listing = Listing(fields.designation or "", fields.description or "")
        if len(listing.designation) + len(listing.description) > LONG_TEXT_CHARS:
            text = await self._in_thread(prepare_text, listing)
        else:
            text = prepare_text(listing)
        return text if has_text(text) else None

    async def _pixels(self, photo: bytes | None) -> np.ndarray | None:
        if photo is None:
            return None
        try:
            return await self._in_thread(prepare_image, photo)
        except PhotoError as error:
            raise RequestError("image", str(error)) from None

    async def _ask(self, modality: Modality, item: Any) -> np.ndarray | None:
        if item is None or modality not in self.clients:
            return None
        return await self.clients[modality].votes(item)

    async def _in_thread(self, function: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    def _nobody(self, degraded: list[Modality]) -> RequestError:
        known = [modality for modality in degraded if modality in self.clients]
        if not known:
            wanted = "a designation" if "text" in self.clients else "a photo"
            return RequestError(
                "designation" if "text" in self.clients else "image", f"this model cannot do without {wanted}"
            )
        return ModelsDownError(f"the {' and the '.join(known)} model cannot answer at the moment: try again")

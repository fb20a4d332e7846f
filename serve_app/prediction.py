"""Answers listings: cleans and decodes, asks both models at once, fuses what they say, and explains it if asked."""

import asyncio
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bundle.fusion import Prediction
from bundle.image import SquaredPhoto, prepare_photo
from bundle.manifest import Manifest, Modality
from bundle.text import CleanText, has_text, prepare_text
from datasets.error import PhotoError
from datasets.listing import Listing
from serve_app.admission import Admission
from serve_app.answer import Answer, answer_of
from serve_app.body import Limits, read_json_listing
from serve_app.error import ModelsDownError, RequestError
from serve_app.explain import AT_ONCE, ROOM, explain
from serve_app.listing_fields import ListingFields
from serve_app.prediction_id import Predicted, PredictionIds, content_of
from serve_app.serving import Serving

if TYPE_CHECKING:
    from serve_app.metrics import RouterMetrics
    from serve_app.model_client import ModelClient

LONG_TEXT_CHARS = 300
"""Cleaning more than this can take over a millisecond, and goes to a thread."""

LARGE_PHOTO_BYTES = 1_000_000
"""Hashing more than this takes over a millisecond."""


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """A listing as the models take it; None is a part that it did not bring."""

    text: CleanText | None
    photo: SquaredPhoto | None


class PredictionService:
    """What the HTTP handlers call.

    Attributes:
        serving: the version that answers now. A request takes it once, at its start, so that one answer comes from one
            version; a swap assigns another.
        admission: the room for listings; to be asked before a body is read, so that nobody sends one in vain.
    """

    def __init__(
        self,
        serving: Serving,
        *,
        limits: Limits,
        admission: Admission,
        ids: PredictionIds,
        metrics: "RouterMetrics",
    ) -> None:
        self.serving = serving
        self.limits = limits
        self.admission = admission
        self.ids = ids
        self.metrics = metrics
        metrics.under_way.set_function(lambda: admission.listings)
        self._threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="prepare")
        self._explaining = asyncio.Semaphore(AT_ONCE)

    @property
    def manifest(self) -> Manifest:
        return self.serving.manifest

    @property
    def clients(self) -> "dict[Modality, ModelClient]":
        return self.serving.clients

    @property
    def down(self) -> list[Modality]:
        """Modalities of the bundle that have no say now."""
        return self.serving.down

    @property
    def ready(self) -> bool:
        """Every model has been up, and one is up now."""
        return self.serving.ready

    async def predict(self, fields: ListingFields, photo: bytes | None, *, started: float) -> Answer:
        """The answer to one listing.

        Args:
            started: `time.perf_counter()` when the request came.
        Raises:
            RequestError: the listing cannot be judged.
            ModelsDownError: the models that could are down.
            BusyError: too many listings are under way.
        """
        with self.admission.enter(1 + ROOM if fields.explain else 1):
            return await self._answer(self.serving, fields, photo, started=started)

    async def _answer(self, serving: Serving, fields: ListingFields, photo: bytes | None, *, started: float) -> Answer:
        listing = await self._prepare(fields, photo)
        prediction = await self._judge(serving, listing)
        explanation = None
        if fields.explain:
            async with self._explaining:
                explanation = await explain(
                    serving, prediction, text=listing.text, photo=listing.photo, threads=self._threads
                )
        self.metrics.listings.labels(serving.version).inc()
        prediction_id = self.ids.sign(Predicted.of(prediction, serving.manifest), await self.content(fields, photo))
        elapsed_ms = round((time.perf_counter() - started) * 1000, 2)
        return answer_of(
            prediction,
            serving.manifest,
            top_k=fields.top_k,
            prediction_id=prediction_id,
            elapsed_ms=elapsed_ms,
            explanation=explanation,
        )

    async def predict_many(self, listings: Sequence[Any], *, started: float) -> list[Answer | RequestError]:
        """The answers to the listings of a batch, all of one version; or, in its place, what is wrong with one.

        Raises:
            BusyError: they do not fit beside the listings under way.
        """
        serving = self.serving

        async def answer(given: Any) -> Answer | RequestError:
            try:
                fields, photo = await self._in_thread(read_json_listing, given, self.limits, ListingFields)
                if fields.explain:
                    raise RequestError("explain", "is not for batches: send the listing to POST /predict")
                return await self._answer(serving, fields, photo, started=started)
            except RequestError as error:
                return error

        with self.admission.enter(len(listings)):
            return await asyncio.gather(*map(answer, listings))

    async def judge(self, serving: Serving, fields: ListingFields, photo: bytes | None) -> Prediction:
        """What one version says about a listing.

        Raises:
            RequestError, ModelsDownError: as `predict`.
        """
        return await self._judge(serving, await self._prepare(fields, photo))

    async def _prepare(self, fields: ListingFields, photo: bytes | None) -> Prepared:
        text, squared = await asyncio.gather(self._text(fields), self._photo(photo))
        if text is None and squared is None:
            raise RequestError("designation", "is empty, and there is no photo: send one of them")
        return Prepared(text, squared)

    async def _judge(self, serving: Serving, listing: Prepared) -> Prediction:
        pixels = listing.photo.pixels if listing.photo is not None else None
        sent: dict[Modality, Any] = {"text": listing.text, "image": pixels}
        said = await serving.votes(sent)
        degraded: list[Modality] = [name for name, item in sent.items() if item is not None and said[name] is None]
        for modality in degraded:
            self.metrics.degraded.labels(modality).inc()
        if said["text"] is None and said["image"] is None:
            raise _nobody(serving, degraded)
        (prediction,) = serving.fusion.answer([said["text"]], [said["image"]], degraded=[degraded])
        return prediction

    async def content(self, fields: ListingFields, photo: bytes | None) -> bytes:
        """`content_of` a listing."""
        if photo is not None and len(photo) > LARGE_PHOTO_BYTES:
            return await self._in_thread(content_of, fields, photo)
        return content_of(fields, photo)

    async def _text(self, fields: ListingFields) -> CleanText | None:
        listing = Listing(fields.designation or "", fields.description or "")
        if len(listing.designation) + len(listing.description) > LONG_TEXT_CHARS:
            text = await self._in_thread(prepare_text, listing)
        else:
            text = prepare_text(listing)
        return text if has_text(text) else None

    async def _photo(self, photo: bytes | None) -> SquaredPhoto | None:
        if photo is None:
            return None
        try:
            return await self._in_thread(prepare_photo, photo)
        except PhotoError as error:
            raise RequestError("image", str(error)) from None

    async def _in_thread(self, function: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


def _nobody(serving: Serving, degraded: list[Modality]) -> RequestError:
    known = [modality for modality in degraded if modality in serving.clients]
    if not known:
        wanted = "a designation" if "text" in serving.clients else "a photo"
        return RequestError(
            "designation" if "text" in serving.clients else "image", f"this model cannot do without {wanted}"
        )
    return ModelsDownError(f"the {' and the '.join(known)} model cannot answer at the moment: try again")

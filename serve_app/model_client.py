"""The router's side of one model: batches calls, survives a lost replica, knows whether the model is up."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Sequence
from contextvars import Context
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import grpc
import numpy as np
from ray.exceptions import RayActorError, RayError
from ray.serve.exceptions import RayServeException

from bundle.manifest import Modality
from serve_app.call_queue import CallQueue
from serve_app.error import VersionError

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle

    from serve_app.metrics import RouterMetrics

log = logging.getLogger("ray.serve")

State = Literal["starting", "up", "down"]
Answer = TypeVar("Answer")

LOST = (RayActorError, RayServeException, grpc.aio.AioRpcError, TimeoutError, VersionError)
"""What a call raises when the replica died, hangs, has lost the version's files, or none is there."""

PATIENCE_S = 0.2
"""After that long without an answer, a ping tells whether a replica is there and busy, or nobody is."""

PING_S = 1.0
PING_WHILE_LOADING_S = 5.0
"""A replica that loads a version holds Python's lock for a moment now and then."""

SECOND_TRY_S = 0.3
PROBE_S = 30.0


class ModelClient:
    """Asks one model's replicas for votes.

    A lost replica is asked again once; then the model counts as down, listings are answered without it at once, and a
    probe in the background finds out when it is back.

    Args:
        version: the bundle version every answer must come from.
        max_batch: listings in one call.
        calls_in_flight: calls under way at once; two keep a replica busy while an answer travels.
        deadline_s: a call that takes longer counts as lost.
    Attributes:
        loading: the replicas load another version now, and are slower to say that they are there.
    """

    def __init__(
        self,
        modality: Modality,
        handle: "DeploymentHandle",
        *,
        version: str,
        max_batch: int,
        calls_in_flight: int,
        deadline_s: float,
        metrics: "RouterMetrics",
    ) -> None:
        self.modality = modality
        self.state: State = "starting"
        self.loading = False
        self._handle = handle
        self._version = version
        self._deadline_s = deadline_s
        self._metrics = metrics
        self._probing: asyncio.Task[None] | None = None
        self._closed = False
        self.queue: CallQueue[Any, np.ndarray | None] = CallQueue(
            self._call, max_items=max_batch, calls_in_flight=calls_in_flight
        )

    async def votes(self, item: Any) -> np.ndarray | None:
        """Calibrated probabilities of one listing, (experts, categories) float32; None when the model has no say.

        Args:
            item: what the model's replicas take, `CleanText` or (IMAGE_PX, IMAGE_PX, 3) uint8 pixels.
        """
        if self.state != "up":
            self.watch()
            return None
        return await self.queue.ask(item)

    def watch(self) -> None:
        """Find out in the background when the model answers."""
        if not self._closed and (self._probing is None or self._probing.done()):
            self._probing = asyncio.get_running_loop().create_task(self._probe(), context=Context())

    def close(self) -> None:
        """Look for a lost model no longer; what waits is still answered."""
        self._closed = True
        if self._probing is not None:
            self._probing.cancel()

    async def _call(self, batch: Sequence[Any]) -> Sequence[np.ndarray | None]:
        with self._metrics.model_call(self.modality, len(batch)):
            try:
                return await self._ask_twice(batch)
            except LOST as error:
                log.warning("the %s model is lost: %r", self.modality, error)
                self.state = "down"
                self.watch()
                return [None] * len(batch)
            except Exception:
                if len(batch) == 1:
                    log.exception("the %s model failed on a listing", self.modality)
                    return [None]
        # One listing that the model cannot digest must not cost the others their vote.
        answers = [await self._call([item]) for item in batch]
        return [vote for (vote,) in answers]

    async def _ask_twice(self, batch: Sequence[Any]) -> Sequence[np.ndarray]:
        try:
            return await self._ask(batch)
        except LOST:
            return await self._within(SECOND_TRY_S, self._handle.votes.remote(self._version, batch))

    async def _ask(self, batch: Sequence[Any]) -> Sequence[np.ndarray]:
        """Ask while somebody is there: Serve itself would wait for a new replica as long as it takes."""
        until = time.monotonic() + self._deadline_s
        asked = asyncio.ensure_future(_wait(self._handle.votes.remote(self._version, batch)))
        try:
            while not (await asyncio.wait({asked}, timeout=PATIENCE_S))[0]:
                if time.monotonic() > until:
                    raise TimeoutError(f"no answer in {self._deadline_s} s")
                await self._within(PING_WHILE_LOADING_S if self.loading else PING_S, self._handle.ping.remote())
            return await asked
        finally:
            asked.cancel()

    async def _probe(self) -> None:
        while True:
            try:
                await self._within(PROBE_S, self._handle.probe.remote(self._version))
            except (*LOST, RayError) as error:
                log.info("the %s model does not answer yet: %r", self.modality, error)
                await asyncio.sleep(0.5)
            else:
                self.state = "up"
                return

    @staticmethod
    async def _within(limit_s: float, response: Any) -> Any:
        try:
            return await asyncio.wait_for(_wait(response), limit_s)
        except TimeoutError:
            response.cancel()
            raise


async def _wait(response: Awaitable[Answer]) -> Answer:
    return await response

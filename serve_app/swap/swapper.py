"""The router's side of a swap: has a version loaded everywhere and tried, then answers with it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from weakref import WeakSet

from bundle.error import BundleError, NoSuchVersionError
from bundle.manifest import Modality
from bundle.store import ModelStore
from serve_app.error import ConflictError, NotFoundError, RequestError
from serve_app.prediction import PredictionService
from serve_app.serving import RunningModels, Serving
from serve_app.swap.board import PERIOD_S, Holdings, Wants, living_holdings, put_wants

log = logging.getLogger("ray.serve")

LOAD_S = 60.0
"""Every living replica must hold a new version within that time."""

ASK_AGAIN_S = 0.2
TRY_AGAIN_S = 30.0
"""A champion that could not be put in service is tried again after that time: what was in its way may have passed."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A champion of the store that could not be put in service here, why, and when (`time.monotonic()`)."""

    version: str
    reason: str
    time: float


class Swapper:
    """Puts versions in service in this router.

    The store's champion is the only truth: whoever moves it (this router, another one, a training, the command line),
    every router follows. A version that does not load or does not answer changes nothing.

    Args:
        try_out: asks a version that answers nobody yet; raises ConflictError when that fails.
        router: a name that no other router has.
        pinned: stay with the version the server was started with.
    """

    def __init__(
        self,
        service: PredictionService,
        models: RunningModels,
        store: ModelStore,
        *,
        try_out: Callable[[Serving], Awaitable[None]],
        router: str,
        pinned: bool,
    ) -> None:
        self.store = store
        self.refusal: Refusal | None = None
        self._service = service
        self._models = models
        self._try_out = try_out
        self._router = router
        self._pinned = pinned
        self._one_at_a_time = asyncio.Lock()
        # A version is wanted as long as a request lives that it answers.
        self._alive: WeakSet[Serving] = WeakSet([service.serving])
        self._since: dict[str, float] = {}

    async def promote(self, version: str) -> None:
        """Make a version the champion; returns when this router answers with it.

        Raises:
            NotFoundError: the store has no such version.
            ConflictError: it cannot be put in service; the champion stays.
        """
        self._check_not_pinned()
        async with self._one_at_a_time:
            if version != await self._champion() or version != self._service.serving.version:
                await self._swap(version, lambda: self.store.promote(version))

    async def rollback(self) -> None:
        """Make the champion before this one champion again; returns when this router answers with it.

        Raises:
            ConflictError: there was none, or it cannot be put in service; the champion stays.
        """
        self._check_not_pinned()
        async with self._one_at_a_time:
            try:
                version = await asyncio.to_thread(self.store.earlier_champion)
            except BundleError as error:
                raise ConflictError(str(error)) from error
            await self._swap(version, lambda: self.store.rollback(to=version))

    async def follow_forever(self) -> None:
        """Put every new champion of the store in service, whoever made it champion."""
        while not self._pinned:
            await asyncio.sleep(PERIOD_S)
            try:
                await self._follow()
            except Exception:
                log.exception("this router could not follow the champion of %s", self.store.url)

    async def speak_forever(self) -> None:
        """Lay down what this router wants, so that every replica of the models holds it."""
        while True:
            try:
                await self._speak()
            except Exception:
                log.exception("this router could not say which versions it wants")
            await asyncio.sleep(PERIOD_S)

    def wants(self) -> Wants:
        now = time.time()
        self._since = {serving.version: self._since.get(serving.version, now) for serving in self._alive}
        return Wants(time=now, version=self._service.serving.version, since=self._since)

    async def _speak(self) -> None:
        await asyncio.to_thread(put_wants, self._router, self.wants())

    async def _champion(self) -> str | None:
        try:
            return await asyncio.to_thread(self.store.champion)
        except BundleError:
            return None  # a broken pointer, which the promotion mends

    async def _follow(self) -> None:
        if not await self._is_behind():
            return
        async with self._one_at_a_time:
            if not (champion := await self._is_behind()):
                return
            try:
                await self._swap(champion, None)
            except RequestError as error:
                if self.refusal is None or (self.refusal.version, self.refusal.reason) != (champion, str(error)):
                    log.warning("champion %s is not put in service: %s", champion, error)
                self.refusal = Refusal(champion, str(error), time.monotonic())

    async def _is_behind(self) -> str | None:
        """The champion, where this router answers with another version and it is time to try."""
        champion = await self._champion()
        if champion == self._service.serving.version:
            self.refusal = None
        refused = self.refusal
        waits = refused and refused.version == champion and time.monotonic() - refused.time < TRY_AGAIN_S
        return None if waits or champion == self._service.serving.version else champion

    async def _swap(self, version: str, move_pointer: Callable[[], object] | None) -> None:
        before = self._service.serving
        try:
            serving = self._models.serving(await asyncio.to_thread(self.store.manifest, version))
            self._since.pop(version, None)
            self._alive.add(serving)
            before.note_loading(True)
            try:
                await self._speak()
                await self._wait_until_held(serving)
                await self._try_out(serving)
                if move_pointer is not None:
                    await asyncio.to_thread(move_pointer)
            except BaseException:
                self._alive.discard(serving)
                serving.close()
                raise
            finally:
                before.note_loading(False)
        except NoSuchVersionError as error:
            raise NotFoundError(f"there is no version {version}") from error
        except BundleError as error:
            raise ConflictError(str(error)) from error
        self._service.serving = serving
        before.close()
        self.refusal = None
        log.info("version %s answers now, %s before", version, before.version)

    async def _wait_until_held(self, serving: Serving) -> None:
        wanted_since = self._since[serving.version]
        until = time.monotonic() + LOAD_S
        while True:
            living = await asyncio.to_thread(living_holdings)
            for holdings in living:
                failure = holdings.failed.get(serving.version)
                if failure and failure.time >= wanted_since:
                    raise ConflictError(f"the {holdings.modality} model cannot load it: {failure.reason}")
            lacking = [modality for modality in serving.clients if not _all_hold(serving.version, modality, living)]
            if not lacking:
                return
            if time.monotonic() > until:
                raise ConflictError(f"the {' and the '.join(lacking)} model did not load it within {LOAD_S:.0f} s")
            await asyncio.sleep(ASK_AGAIN_S)

    def _check_not_pinned(self) -> None:
        if self._pinned:
            version = self._service.serving.version
            raise ConflictError(
                f"this server was started with --version {version} and stays with it: restart it without"
            )


def _all_hold(version: str, modality: Modality, living: Sequence[Holdings]) -> bool:
    of_modality = [holdings for holdings in living if holdings.modality == modality]
    return bool(of_modality) and all(version in holdings.held for holdings in of_modality)

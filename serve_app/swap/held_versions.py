"""A model replica's side of a swap: versions loaded beside each other, and dropped when nobody wants them any more."""

import ctypes
import gc
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from bundle.manifest import Modality
from serve_app.swap.board import PERIOD_S, Failure, Holdings, put_holdings, wanted

log = logging.getLogger("ray.serve")

Loaded = TypeVar("Loaded")

GRACE_S = 5.0
"""A version that nobody wants is held that much longer: a call for it may be under way."""


class HeldVersions(Generic[Loaded]):
    """The versions that one replica holds. Safe to use from several threads.

    Args:
        load: loads a version; takes seconds, and raises when the version is damaged. Runs in a thread of its own, one
            version after the other.
        grace_s: how long a version is kept that nobody wants any more.
    """

    def __init__(self, load: Callable[[str], Loaded], *, grace_s: float = GRACE_S) -> None:
        self._load = load
        self._grace_s = grace_s
        self._loads: dict[str, Future[Loaded | Failure]] = {}
        self._unwanted_since: dict[str, float] = {}
        self._lock = threading.Lock()
        self._loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="load")
        self._changed = threading.Event()

    def get(self, version: str) -> "Future[Loaded | Failure]":
        """A version that is held, is being loaded, could not be loaded, or is loaded from now on."""
        found = self._loads.get(version)
        if found is not None:
            return found
        with self._lock:
            return self._loads.get(version) or self._start(version)

    def want(self, since: dict[str, float]) -> None:
        """Load what is wanted and not held, and drop what nobody has wanted for a while.

        Args:
            since: by version when somebody began to want it; a load that failed before then is tried again. When
                nobody wants anything, nobody is there to know, and everything is kept.
        """
        now = time.time()
        with self._lock:
            for version, moment in since.items():
                failure = self._failure(version)
                if version not in self._loads or (failure and failure.time < moment):
                    self._start(version)
            unwanted = [version for version in self._loads if since and version not in since]
            self._unwanted_since = {version: self._unwanted_since.get(version, now) for version in unwanted}
            for version in unwanted:
                if self._failure(version) or now - self._unwanted_since[version] >= self._grace_s:
                    del self._loads[version]
                    self._loader.submit(_release_memory)

    def held(self) -> list[str]:
        """Versions that are loaded, in the order in which they came."""
        return [version for version, load in list(self._loads.items()) if load.done() and not self._failure(version)]

    def failed(self) -> dict[str, Failure]:
        """By version that could not be loaded: why."""
        failures = {version: self._failure(version) for version in list(self._loads)}
        return {version: failure for version, failure in failures.items() if failure}

    def follow(self, replica: str, modality: Modality) -> None:
        """From now on, in a thread: hold what the routers want, and lay down what is held."""
        threading.Thread(target=self._follow, args=(replica, modality), name="versions", daemon=True).start()

    def _follow(self, replica: str, modality: Modality) -> None:
        while True:
            try:
                self.want(wanted())
                held = Holdings(time=time.time(), modality=modality, held=self.held(), failed=self.failed())
                put_holdings(replica, held)
            except Exception:
                log.exception("this replica could not learn which versions are wanted")
                time.sleep(PERIOD_S)
            self._changed.wait(PERIOD_S)
            self._changed.clear()

    def _start(self, version: str) -> "Future[Loaded | Failure]":
        load = self._loads[version] = self._loader.submit(self._try, version)
        load.add_done_callback(lambda _: self._changed.set())
        return load

    def _try(self, version: str) -> Loaded | Failure:
        """A failure is a value here: an exception would keep what was loaded so far in its traceback."""
        started = time.monotonic()
        try:
            loaded = self._load(version)
        except Exception as error:
            log.warning("version %s cannot be loaded: %s", version, error)
            return Failure(reason=str(error) or repr(error), time=time.time())
        log.info("version %s loaded in %.1f s", version, time.monotonic() - started)
        return loaded

    def _failure(self, version: str) -> Failure | None:
        load = self._loads.get(version)
        result = load.result() if load is not None and load.done() else None
        return result if isinstance(result, Failure) else None


def _release_memory() -> None:
    """Give what a dropped version held back to the machine; the C library would keep it for later."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)

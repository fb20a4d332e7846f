"""How often one caller may ask: a token bucket each, in memory."""

import time
from collections import OrderedDict

from serve_app.error import TooManyError

BURST = 10
"""Seconds of asking that one may save up."""

MOST_CALLERS = 50_000


class RateLimit:
    """So many requests a second and caller, bursts of ten times that. One event loop or thread at a time uses it.

    Args:
        per_second: 0 is no limit.
    """

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._burst = max(1.0, per_second * BURST)
        # What is left, and when that was; those who asked longest ago come first, and are forgotten first.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, caller: str) -> None:
        """Count one request.

        Raises:
            TooManyError: with the seconds until the next one is welcome.
        """
        if not self._per_second:
            return
        at = time.monotonic()
        left, then = self._buckets.pop(caller, (self._burst, at))
        left = min(self._burst, left + (at - then) * self._per_second)
        allowed = left >= 1
        self._buckets[caller] = (left - 1 if allowed else left, at)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        if not allowed:
            raise TooManyError("too many requests: slow down", retry_after_s=(1 - left) / self._per_second)

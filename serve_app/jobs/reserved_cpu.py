"""Reserves a CPU of Ray for the process of a job."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

SAY_AFTER_S = 30.0
LOOK_S = 0.5


class ReservedCpu:
    """One CPU, waited for where it is not free; use as a context manager, connected to Ray.

    Args:
        waiting: told what is waited for, when that takes more than half a minute.
    """

    def __init__(self, waiting: Callable[[str], None]) -> None:
        self._waiting = waiting

    def __enter__(self) -> Self:
        import ray
        from ray.util.placement_group import placement_group

        self._group = placement_group([{"CPU": 1}])
        said_at = time.monotonic() + SAY_AFTER_S
        try:
            while not self._group.wait(LOOK_S):
                if time.monotonic() >= said_at:
                    free, there = (
                        numbers.get("CPU", 0) for numbers in (ray.available_resources(), ray.cluster_resources())
                    )
                    self._waiting(f"waits for 1 CPU: {free:g} of {there:g} are not reserved")
                    said_at = time.monotonic() + SAY_AFTER_S
        except BaseException:
            self.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Give it back before the end, for work that reserves its own; once more does nothing."""
        from ray.util.placement_group import remove_placement_group

        remove_placement_group(self._group)

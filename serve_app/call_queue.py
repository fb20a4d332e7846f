"""Puts what arrives while a call is under way into the next call, as one list."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class CallQueue(Generic[Item, Result]):
    """A queue before a callee that takes lists.

    Whenever a call slot is free, all that waits goes in one call, up to `max_items`; a lone request never waits.
    Someone who stops waiting (a client that hung up) is left out of the next call, and changes nothing for the others.

    Args:
        call: answers a list of items with results in the same order; what it raises reaches everyone in that call.
        max_items: items in one call.
        calls_in_flight: calls under way at once.
    """

    def __init__(
        self,
        call: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        max_items: int,
        calls_in_flight: int,
    ) -> None:
        self._call = call
        self._max_items = max_items
        self._free_slots = calls_in_flight
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Items that wait for a call slot and are still wanted."""
        return sum(not future.done() for _, future in self._waiting)

    @property
    def calls(self) -> int:
        """Calls under way."""
        return len(self._running)

    async def ask(self, item: Item) -> Result:
        """The result of one item, by whichever call it goes in."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._fill_slots()
        return await future

    def _fill_slots(self) -> None:
        while self._free_slots and (batch := self._take()):
            self._free_slots -= 1
            # An empty context: Ray Serve cancels calls that it finds in the context of a request that hung up,
            # and this call carries other people's listings too.
            task = asyncio.get_running_loop().create_task(self._run(batch), context=Context())
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def _take(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        while self._waiting and len(batch) < self._max_items:
            item, future = self._waiting.popleft()
            if not future.done():
                batch.append((item, future))
        return batch

    async def _run(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._call([item for item, _ in batch])
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
            if not isinstance(error, Exception):
                raise
        finally:
            self._free_slots += 1
            self._fill_slots()

"""The queue before a model: batches form by themselves, and nobody waits for company."""

import asyncio
from collections.abc import Sequence

import pytest

from serve_app.call_queue import CallQueue


class Callee:
    """Doubles numbers when told to, and remembers the lists it got."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.gate = asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        await self.gate.wait()
        if -1 in items:
            raise ValueError("minus one")
        return [2 * item for item in items]


async def until_idle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def queue_of(callee: Callee, *, max_items: int = 16, calls_in_flight: int = 2) -> CallQueue[int, int]:
    return CallQueue(callee, max_items=max_items, calls_in_flight=calls_in_flight)


def test_a_lone_request_goes_at_once() -> None:
    async def scenario() -> None:
        callee = Callee()
        asked = asyncio.create_task(queue_of(callee).ask(1))
        await until_idle()
        assert callee.calls == [[1]]
        callee.gate.set()
        assert await asked == 2

    asyncio.run(scenario())


def test_what_arrives_during_a_call_goes_in_the_next_one_together() -> None:
    async def scenario() -> None:
        callee = Callee()
        queue = queue_of(callee)
        asked = [asyncio.create_task(queue.ask(n)) for n in range(9)]
        await until_idle()
        assert callee.calls == [[0], [1]]
        assert len(queue) == 7
        callee.gate.set()
        assert await asyncio.gather(*asked) == [0, 2, 4, 6, 8, 10, 12, 14, 16]
        assert callee.calls == [[0], [1], list(range(2, 9))]
        assert len(queue) == queue.calls == 0

    asyncio.run(scenario())


def test_a_call_carries_no_more_than_its_limit() -> None:
    async def scenario() -> None:
        callee = Callee()
        callee.gate.set()
        queue = queue_of(callee, max_items=4, calls_in_flight=1)
        await asyncio.gather(*(queue.ask(n) for n in range(10)))
        assert [len(call) for call in callee.calls] == [1, 4, 4, 1]

    asyncio.run(scenario())


def test_someone_who_hangs_up_is_left_out_and_leaves_nothing_behind() -> None:
    async def scenario() -> None:
        callee = Callee()
        queue = queue_of(callee, calls_in_flight=1)
        asked = [asyncio.create_task(queue.ask(n)) for n in range(5)]
        await until_idle()
        for gone in (0, 2, 3):
            asked[gone].cancel()
        await until_idle()
        callee.gate.set()
        assert await asyncio.gather(asked[1], asked[4]) == [2, 8]
        await until_idle()
        assert callee.calls == [[0], [1, 4]]
        assert len(queue) == queue.calls == 0
        assert await queue.ask(7) == 14

    asyncio.run(scenario())


def test_a_failed_call_reaches_those_in_it_and_nobody_else() -> None:
    async def scenario() -> None:
        callee = Callee()
        callee.gate.set()
        queue = queue_of(callee, calls_in_flight=1)
        answers = await asyncio.gather(queue.ask(-1), queue.ask(3), return_exceptions=True)
        assert isinstance(answers[0], ValueError)
        assert answers[1] == 6

    asyncio.run(scenario())


@pytest.mark.parametrize("hang_ups", [1000])
def test_after_many_hang_ups_the_queue_is_empty_and_works(hang_ups: int) -> None:
    async def scenario() -> None:
        callee = Callee()
        queue = queue_of(callee)
        asked = [asyncio.create_task(queue.ask(n)) for n in range(hang_ups)]
        await until_idle()
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        callee.gate.set()
        await until_idle()
        assert len(queue) == queue.calls == 0
        assert await queue.ask(21) == 42

    asyncio.run(scenario())

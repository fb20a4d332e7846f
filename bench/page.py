"""How long people wait on the page while many sell at once.

Each registers, takes proposed listings, reads the answer, and puts the product on sale, with a pause between actions as
people make it. The page and its API are the real ones.

Example: rayonnage demo & .venv/bin/python -m bench.page --people 30 --seconds 60
"""

import argparse
import asyncio
import random
import secrets
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from bench.page_visitor import PageVisitor

PAUSE_S = (1.0, 4.0)
START_S = 5.0


@dataclass
class Watch:
    """Seconds that each action took, by its name, and what went wrong."""

    took_s: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    async def time(self, name: str, act: Callable[[], Awaitable[None]]) -> None:
        began = time.perf_counter()
        await act()
        self.took_s.setdefault(name, []).append(time.perf_counter() - began)


async def sell_for(url: str, seconds: float, watch: Watch, generator: random.Random) -> None:
    """One person, who sells until the time is over."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        await asyncio.sleep(generator.uniform(0, START_S))
        page = await PageVisitor.open(http)
        page.write("username", f"bench-{secrets.token_hex(5)}")
        page.write("password", secrets.token_urlsafe(12))
        await watch.time("register", lambda: page.act("register"))
        if not page.read("rayonnage-session"):
            watch.errors.append(f"register: {page.read('sign-in-problem')}")
            return
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.sleep(generator.uniform(*PAUSE_S))
            await watch.time("propose", lambda: page.act("propose"))
            if "best" not in (page.read("answer") or ""):
                watch.errors.append(f"propose: {page.read('problem')}")
                continue
            await asyncio.sleep(generator.uniform(*PAUSE_S))
            await watch.time("sell", lambda: page.act("sell"))
            if "sold" not in (page.read("answer") or ""):
                watch.errors.append(f"sell: {page.read('sell-problem')}")


async def measure(url: str, people: int, seconds: float, seed: int) -> Watch:
    """Let people sell at the same time."""
    watch = Watch()
    generators = [random.Random(seed + number) for number in range(people)]
    outcomes = await asyncio.gather(
        *(sell_for(url, seconds, watch, generator) for generator in generators), return_exceptions=True
    )
    watch.errors += [repr(outcome) for outcome in outcomes if isinstance(outcome, BaseException)]
    return watch


def main() -> None:
    """Print how long the actions took, and every error; exit code 1 where there was one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the page is")
    parser.add_argument("--people", type=int, default=30, help="who sell at once")
    parser.add_argument("--seconds", type=float, default=60, help="for how long")
    parser.add_argument("--seed", type=int, default=7, help="of the pauses")
    given = parser.parse_args()
    watch = asyncio.run(measure(given.url, given.people, given.seconds, given.seed))
    everything = [took for times in watch.took_s.values() for took in times]
    for name, times in {**watch.took_s, "all": everything}.items():
        if times:
            slow = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
            print(f"{name:9} {len(times):5}   median {statistics.median(times):6.3f} s   95 % below {slow:6.3f} s")
    for error in watch.errors:
        print(f"error: {error}", file=sys.stderr)
    print(f"{len(watch.errors)} errors")
    sys.exit(1 if watch.errors or not everything else 0)


if __name__ == "__main__":
    main()

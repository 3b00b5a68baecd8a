"""Faults that come again and again while something else goes on."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random


@dataclass
class Storm:
    strike: Callable[[], object]
    #: Seconds between two strikes, on average.
    every: float
    chance: Random
    strikes: int = 0
    last: float = field(default_factory=time.monotonic)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def rage(self) -> None:
        while not await self.is_over():
            await asyncio.to_thread(self.strike)
            self.strikes += 1
            self.last = time.monotonic()

    async def is_over(self) -> bool:
        try:
            async with asyncio.timeout(self.every * self.chance.uniform(0.5, 1.5)):
                await self.over.wait()
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def storm(strike: Callable[[], object], *, every: float, chance: Random) -> AsyncIterator[Storm]:
    """A strike that is under way at the end is waited for: it leaves everything running."""
    weather = Storm(strike, every, chance)
    raging = asyncio.create_task(weather.rage(), name="storm")
    try:
        yield weather
    finally:
        weather.over.set()
        await raging

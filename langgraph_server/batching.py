"""Many callers, one statement: what is asked while a batch is under way makes up the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

LARGEST = 64
#: Seconds until a batch is slow, so that others no longer wait for it: it may stand before somebody's lock.
SLOW = 0.05
#: Slow ones at the same time; beside so many nothing departs.
MOST_SLOW = 2


class Batcher(Generic[Item, Answer]):
    """Without load a call goes at once, with those of the same pass of the loop. Under load one batch at a time: the
    longer it takes, the more share the next one."""

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer | Exception]]],
        *,
        largest: int = LARGEST,
        pause: float = 0.0,
    ) -> None:
        """`run` answers each item, in order; an exception as an answer is raised to that item's caller alone.

        `pause`: seconds that a batch which is not full waits for more, where nobody is in a hurry.
        """
        self.run = run
        self.largest = largest
        self.pause = pause
        self.waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self.swift: set[asyncio.Task[None]] = set()
        self.slow: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.waiting.append((item, answer))
        self.depart()
        return await answer

    def depart(self) -> None:
        if not self.waiting or self.swift or len(self.slow) == MOST_SLOW:
            return
        waits = self.pause and len(self.waiting) < self.largest
        flight = asyncio.create_task(self.fly_later() if waits else self.fly(), name="batch")
        self.swift.add(flight)
        timer = asyncio.get_running_loop().call_later(self.pause + SLOW, self.be_slow, flight)
        flight.add_done_callback(partial(self.landed, timer))

    def be_slow(self, flight: asyncio.Task[None]) -> None:
        self.swift.remove(flight)
        self.slow.add(flight)
        self.depart()

    def landed(self, timer: asyncio.TimerHandle, flight: asyncio.Task[None]) -> None:
        timer.cancel()
        self.swift.discard(flight)
        self.slow.discard(flight)
        self.depart()

    def taken(self) -> Sequence[tuple[Item, asyncio.Future[Answer]]]:
        batch, self.waiting = self.waiting[: self.largest], self.waiting[self.largest :]
        return batch

    async def fly_later(self) -> None:
        await asyncio.sleep(self.pause)
        await self.fly()

    async def fly(self) -> None:
        if not (batch := self.taken()):
            return  # one that was slow to start has taken them
        try:
            answers = await self.run([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - it belongs to the callers, who each get it
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)


async def each_for_itself(
    run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
    items: Sequence[Item],
    *,
    shared: type[Exception],
) -> Sequence[Answer | Exception]:
    """What `run` answers to all; where that fails, to each alone, or why not. A `shared` error is everybody's."""
    try:
        return await run(items)
    except Exception as error:  # noqa: BLE001 - it belongs to those who ask, and would wait for ever
        if len(items) == 1 or isinstance(error, shared):
            return [error] * len(items)
        return [answer for item in items for answer in await each_for_itself(run, [item], shared=shared)]

"""Many callers, one statement: what is asked while a batch is under way makes up the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

LARGEST = 64


class Batcher(Generic[Item, Answer]):
    """Without load a call goes alone and at once."""

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer | Exception]]],
        *,
        lanes: int = 1,
        pause: float = 0.0,
    ) -> None:
        """`run` answers each item, in order; an exception as an answer is raised to that item's caller alone.

        `pause`: seconds that a batch which is not full waits for more, where nobody is in a hurry. With one lane.
        """
        self.run = run
        self.lanes = lanes
        self.pause = pause
        self.waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self.flights: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.waiting.append((item, answer))
        self.depart()
        return await answer

    def depart(self) -> None:
        if not self.waiting or len(self.flights) >= self.lanes:
            return
        waits = self.pause and len(self.waiting) < LARGEST
        flight = asyncio.create_task(self.fly_later() if waits else self.fly(self.taken()), name="batch")
        self.flights.add(flight)
        flight.add_done_callback(self.landed)

    def landed(self, flight: asyncio.Task[None]) -> None:
        self.flights.discard(flight)
        self.depart()

    def taken(self) -> Sequence[tuple[Item, asyncio.Future[Answer]]]:
        batch, self.waiting = self.waiting[:LARGEST], self.waiting[LARGEST:]
        return batch

    async def fly_later(self) -> None:
        await asyncio.sleep(self.pause)
        await self.fly(self.taken())

    async def fly(self, batch: Sequence[tuple[Item, asyncio.Future[Answer]]]) -> None:
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

"""The two shapes of load: some clients for some seconds, and a number of operations as fast as they go."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from benchmarks.errors import FAILURES, Failure

#: Of a server that refuses everything, a few refusals are enough.
ENOUGH_ERRORS = 20

T = TypeVar("T")
Operation = Callable[[int], Awaitable[T]]


@dataclass
class Load(Generic[T]):
    results: list[T] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.results) / self.seconds

    def check(self) -> None:
        """One wrong answer is enough: what a server does while it fails is no throughput."""
        if self.errors:
            count = len(self.errors) + len(self.results)
            raise Failure(f"{len(self.errors)} of {count} failed, first: {self.errors[0]}")


async def closed_loop(operation: Operation[T], *, clients: int, seconds: float) -> Load[T]:
    """`clients` clients, each with one operation in flight, until `seconds` are over."""
    end = time.perf_counter() + seconds
    numbers = itertools.takewhile(lambda _: time.perf_counter() < end, itertools.count())
    return await _drive(operation, numbers, clients)


async def fixed_number(operation: Operation[T], *, count: int, clients: int) -> Load[T]:
    return await _drive(operation, iter(range(count)), clients)


async def _drive(operation: Operation[T], numbers: Iterable[int], clients: int) -> Load[T]:
    """The clients take their numbers from one iterator, so that none is done twice."""
    load: Load[T] = Load()
    start = time.perf_counter()
    await asyncio.gather(*(_client(operation, numbers, load) for _ in range(clients)))
    load.seconds = time.perf_counter() - start
    load.check()
    return load


async def _client(operation: Operation[T], numbers: Iterable[int], load: Load[T]) -> None:
    for number in numbers:
        start = time.perf_counter()
        try:
            load.results.append(await operation(number))
        except FAILURES as error:
            load.errors.append(repr(error))
            if len(load.errors) >= ENOUGH_ERRORS:
                return
        else:
            load.latencies.append(time.perf_counter() - start)

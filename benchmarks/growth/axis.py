"""One thing that grows: its sizes, and what operations cost at each."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Client
from benchmarks.measuring import CpuMeter
from benchmarks.processes import ProcessTree

REPETITIONS = 20
#: CPU is told in hundredths of a second.
PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class Setting:
    """Our server, on data of its own in `graphs`."""

    client: Client
    processes: ProcessTree
    graphs: Path


@dataclass(frozen=True)
class Cost:
    """The median time of an operation, and the CPU of all processes for one; in milliseconds unless `unit` says so."""

    value: float
    cpu_ms: float | None = None
    unit: str = "ms"


Costs = Mapping[str, Cost]


@dataclass(frozen=True)
class Axis:
    name: str
    sizes: Sequence[int]
    measure: Callable[[Setting, int], Awaitable[Costs]]


async def cost(setting: Setting, call: Callable[[], Awaitable[object]], repetitions: int = REPETITIONS) -> Cost:
    await call()
    cpu, times = CpuMeter(setting.processes), []
    for _ in range(repetitions):
        began = time.perf_counter()
        await call()
        times.append(time.perf_counter() - began)
    await asyncio.sleep(PAUSE_SECONDS)
    return Cost(statistics.median(times) * 1000, cpu.ms_per(repetitions))


async def costs(setting: Setting, calls: Mapping[str, Callable[[], Awaitable[object]]]) -> dict[str, Cost]:
    return {name: await cost(setting, call) for name, call in calls.items()}

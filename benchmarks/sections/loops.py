"""Rows that repeat one request: as a rate, or as the median of what it takes."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from benchmarks.load import closed_loop
from benchmarks.measuring import CpuMeter, Figure, Row, Target, quantiles_ms

Request = Callable[[Target, int], Awaitable[None]]


def rate(name: str, unit: str, request: Request, *, clients: int, **facts: Any) -> Row:
    return Row(name, unit, partial(looped, request=request, clients=clients), **facts)


def median(name: str, request: Request, **facts: Any) -> Row:
    async def measure(target: Target) -> Figure:
        figure = await looped(target, request=request, clients=1)
        return Figure(figure.detail["p50_ms"], cpu_ms=figure.cpu_ms, detail=figure.detail)

    return Row(name, "ms", measure, **facts)


async def looped(target: Target, *, request: Request, clients: int) -> Figure:
    cpu = CpuMeter(target.processes)
    load = await closed_loop(partial(request, target), clients=clients, seconds=target.seconds)
    cpu_ms = cpu.ms_per(len(load.results))
    return Figure(load.per_second, cpu_ms=cpu_ms, detail=quantiles_ms(load.latencies))

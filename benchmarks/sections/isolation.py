"""A read while other runs burn CPU in synchronous nodes: does the API still answer?"""

import asyncio
import time

from benchmarks.client import Client
from benchmarks.errors import Failure
from benchmarks.load import fixed_number
from benchmarks.measuring import Figure, Goal, Row, Target, quantiles_ms

BURNERS = 4
BURN_MS = 1000
PAUSE_SECONDS = 0.02
REQUEST = {"assistant_id": "cpu", "input": {"ms": BURN_MS}}


async def isolation(target: Target) -> Figure:
    thread = await target.client.post("/threads", {})
    burning = asyncio.create_task(burn(target))
    try:
        latencies = await read_until(burning, target.client, f"/threads/{thread['thread_id']}")
    finally:
        await burning
    detail = quantiles_ms(latencies)
    return Figure(detail["p95_ms"], detail=detail)


async def burn(target: Target) -> None:
    async def run(_: int) -> None:
        output = await target.client.post("/runs/wait", REQUEST)
        if not output.get("rounds"):
            raise Failure(f"wrong output: {output}")

    rounds = max(1, round(target.seconds * 1000 / BURN_MS))
    await fixed_number(run, count=rounds * BURNERS, clients=BURNERS)


async def read_until(burning: asyncio.Task[None], client: Client, path: str) -> list[float]:
    latencies = []
    while not burning.done():
        start = time.perf_counter()
        await client.get(path)
        latencies.append(time.perf_counter() - start)
        await asyncio.sleep(PAUSE_SECONDS)
    return latencies


ROWS = (Row(f"read a thread beside {BURNERS} CPU burners, p95", "ms", isolation, Goal(at_most=40)),)

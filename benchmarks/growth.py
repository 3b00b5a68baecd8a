"""`python -m benchmarks.growth`: what reading and running cost on a thread with a long past."""

import asyncio
import statistics
import time
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable

from benchmarks.client import Client
from benchmarks.ours import ours

STEPS = {"assistant_id": "steps", "input": {"steps": 1}}
REPETITIONS = 40
#: Runs that are measured at each place in a thread's life.
WINDOW = 20


async def main(url: str, *, few: int, many: int, late: int) -> None:
    client = Client(url)
    await client.post("/runs/wait", STEPS)
    print("| operation | median ms |\n|---|---|")
    for checkpoints in (few, many):
        thread_id = await thread_of(client, checkpoints)
        path = f"/threads/{thread_id}"
        stored = len(await client.get(f"{path}/history?limit=1000"))
        for name, call in {
            "GET state": lambda path=path: client.get(f"{path}/state"),
            "POST history, limit 10": lambda path=path: client.post(f"{path}/history", {"limit": 10}),
        }.items():
            print(f"| {name} at {stored} checkpoints | {await median_ms(call):.1f} |", flush=True)
    times = await run_times(client, late + WINDOW // 2)
    for place in (10, late):
        window = times[max(0, place - WINDOW // 2) : place + WINDOW // 2]
        print(f"| run {place} of a thread | {statistics.median(window) * 1000:.1f} |", flush=True)


async def thread_of(client: Client, checkpoints: int) -> str:
    """One run writes a checkpoint for its input, one for the start, and one a step."""
    thread = await client.post("/threads", {})
    body = {**STEPS, "input": {"steps": checkpoints - 2}, "config": {"recursion_limit": checkpoints + 10}}
    await client.post(f"/threads/{thread['thread_id']}/runs/wait", body)
    return str(thread["thread_id"])


async def median_ms(call: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(REPETITIONS):
        began = time.perf_counter()
        await call()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


async def run_times(client: Client, runs: int) -> list[float]:
    """Of runs that leave a state of the same size, so that only the past grows."""
    thread = await client.post("/threads", {})
    path = f"/threads/{thread['thread_id']}/runs/wait"
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        await client.post(path, {"assistant_id": "noop", "input": {"n": 0}})
        times.append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--port", type=int, default=2390)
    parser.add_argument("--few", type=int, default=10)
    parser.add_argument("--many", type=int, default=1000)
    parser.add_argument("--late", type=int, default=500)
    chosen = parser.parse_args()
    with ours(chosen.port) as (address, _):
        asyncio.run(main(address, few=chosen.few, many=chosen.many, late=chosen.late))

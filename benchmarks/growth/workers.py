"""The number of worker processes: runs that sleep need slots, so few cores show it; runs that compute need cores."""

import asyncio
import itertools
import statistics
import time

from benchmarks.client import Client
from benchmarks.growth.axis import Axis, Cost, Setting
from benchmarks.load import fixed_number
from benchmarks.ours import ours

RUNS = 500
SLOTS = 25
SECONDS = 1.0
COMPUTING = 16
#: Rounds of the graph: about a twentieth of a second of one core.
WORK = 200_000
#: Seconds until the workers have heard of one another.
ACQUAINTED = 12.0
PORTS = itertools.count(2393)


async def measure(setting: Setting, size: int) -> dict[str, Cost]:
    """In a server of its own for each number; ideal is what the slots allow."""
    options = ["--workers", str(size), "--n-jobs-per-worker", str(SLOTS), "--web", "1"]
    folder = setting.graphs.with_name("growth-workers")
    with ours(next(PORTS), graphs=folder, options=options) as (url, _):
        seconds = await slept(Client(url))
        await asyncio.sleep(ACQUAINTED)
        computed = await compute(Client(url))
    ideal = RUNS / (SLOTS * size) * SECONDS
    return {
        "all have slept": Cost(seconds, unit="s"),
        "beside what the slots allow": Cost(seconds / ideal, unit="x"),
        "all have computed": Cost(computed, unit="s"),
    }


async def slept(client: Client) -> float:
    body = {"assistant_id": "sleepy", "input": {"seconds": SECONDS}}
    # The later workers start some seconds after the first.
    await fixed_number(lambda _: client.post("/runs/wait", body), count=RUNS, clients=RUNS)
    began = time.perf_counter()
    await fixed_number(lambda _: client.post("/runs/wait", body), count=RUNS, clients=RUNS)
    return time.perf_counter() - began


async def compute(client: Client) -> float:
    """The median of some; each worker has slots for all."""
    body = {"assistant_id": "cpu", "input": {"work": WORK}}
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        await fixed_number(lambda _: client.post("/runs/wait", body), count=COMPUTING, clients=COMPUTING)
        taken.append(time.perf_counter() - began)
        await asyncio.sleep(1)
    return statistics.median(taken)


AXIS = Axis("workers", (1, 2, 4), measure)

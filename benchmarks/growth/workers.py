"""The number of worker processes, each with few slots: sleeping runs need slots, not cores, so few cores show it."""

import itertools
import time

from benchmarks.client import Client
from benchmarks.growth.axis import Axis, Cost, Setting
from benchmarks.load import fixed_number
from benchmarks.ours import ours

RUNS = 500
SLOTS = 25
SECONDS = 1.0
PORTS = itertools.count(2393)


async def measure(setting: Setting, size: int) -> dict[str, Cost]:
    """In a server of its own for each number; ideal is what the slots allow."""
    options = ["--workers", str(size), "--n-jobs-per-worker", str(SLOTS), "--web", "1"]
    folder = setting.graphs.with_name("growth-workers")
    with ours(next(PORTS), graphs=folder, options=options) as (url, _):
        seconds = await slept(Client(url))
    ideal = RUNS / (SLOTS * size) * SECONDS
    return {"all have slept": Cost(seconds, unit="s"), "beside what the slots allow": Cost(seconds / ideal, unit="x")}


async def slept(client: Client) -> float:
    body = {"assistant_id": "sleepy", "input": {"seconds": SECONDS}}
    # The later workers start some seconds after the first.
    await fixed_number(lambda _: client.post("/runs/wait", body), count=RUNS, clients=RUNS)
    began = time.perf_counter()
    await fixed_number(lambda _: client.post("/runs/wait", body), count=RUNS, clients=RUNS)
    return time.perf_counter() - began


AXIS = Axis("workers", (1, 2, 4), measure)

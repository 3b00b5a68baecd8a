"""The number of joins held open at once on runs that sleep."""

import asyncio
import time

from benchmarks.growth.axis import Axis, Cost, Setting
from benchmarks.load import fixed_number
from benchmarks.measuring import CpuMeter

SETTLING = 8.0
IDLE = 10.0
#: Longer than it takes to open all of them and to look at them.
SLEEP = 60.0


async def measure(setting: Setting, size: int) -> dict[str, Cost]:
    """One sleeping run, followed by all: what a join costs, not what a run does."""
    client, processes = setting.client, setting.processes
    thread = await client.post("/threads", {})
    body = {"assistant_id": "sleepy", "input": {"seconds": SLEEP}}
    run = await client.post(f"/threads/{thread['thread_id']}/runs", body)
    path = f"/threads/{thread['thread_id']}/runs/{run['run_id']}/join"
    before, began = processes.memory_mb(), time.perf_counter()
    joins = asyncio.create_task(fixed_number(lambda _: client.get(path), count=size, clients=size))
    await asyncio.sleep(SETTLING)
    held, cpu = processes.memory_mb(), CpuMeter(processes)
    await asyncio.sleep(IDLE)
    idle = (cpu.ms_per(1) or 0.0) / 1000 / IDLE
    answers = (await joins).results
    late = time.perf_counter() - began - SLEEP
    assert all(answer["slept"] for answer in answers)
    return {
        "idle CPU of all": Cost(idle, unit="cores"),
        "memory of each": Cost(max(0.0, held - before) * 1024 / size, unit="kB"),
        "from the run's end to the last answer": Cost(late * 1000),
    }


AXIS = Axis("joins held", (1, 10, 100, 500, 2000), measure)

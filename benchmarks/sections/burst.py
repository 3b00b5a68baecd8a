"""A thousand background runs at once, each on a thread of its own, until all have succeeded."""

import asyncio
import time
import uuid

from benchmarks.client import Client
from benchmarks.errors import Failure
from benchmarks.load import fixed_number
from benchmarks.measuring import CpuMeter, Figure, Goal, Row, Target

RUNS = 1000
POLL_SECONDS = 0.1


async def burst(target: Target) -> Figure:
    label = {"burst": uuid.uuid4().hex}
    threads = await make_threads(target.client, label)
    cpu, start = CpuMeter(target.processes), time.perf_counter()
    runs = await start_runs(target.client, threads)
    admitted = time.perf_counter() - start
    await all_at_rest(target.client, label)
    seconds, cpu_ms = time.perf_counter() - start, cpu.ms_per(RUNS)
    await all_succeeded(target.client, runs)
    return Figure(RUNS / seconds, cpu_ms=cpu_ms, detail={"admitted_per_s": RUNS / admitted})


async def make_threads(client: Client, label: dict[str, str]) -> list[str]:
    async def make(_: int) -> str:
        thread = await client.post("/threads", {"metadata": label})
        return str(thread["thread_id"])

    return (await fixed_number(make, count=RUNS, clients=16)).results


async def start_runs(client: Client, threads: list[str]) -> list[str]:
    """The path of each run."""

    async def start(number: int) -> str:
        path = f"/threads/{threads[number]}/runs"
        run = await client.post(path, {"assistant_id": "noop", "input": {"n": number}})
        return f"{path}/{run['run_id']}"

    return (await fixed_number(start, count=RUNS, clients=32)).results


async def all_at_rest(client: Client, label: dict[str, str]) -> None:
    # The event to wait for happens in another process: asking again is all there is.
    busy = {"metadata": label, "status": "busy", "limit": 1}
    while await client.post("/threads/search", busy):  # noqa: ASYNC110
        await asyncio.sleep(POLL_SECONDS)


async def all_succeeded(client: Client, runs: list[str]) -> None:
    async def check(number: int) -> None:
        status = (await client.get(runs[number]))["status"]
        if status != "success":
            raise Failure(f"a run is {status}")

    await fixed_number(check, count=RUNS, clients=16)


ROWS = (
    Row(
        f"burst of {RUNS} background runs",
        "runs/s",
        burst,
        Goal(better=3),
        floor="run",
        is_saved=True,
        most_repetitions=2,
    ),
)

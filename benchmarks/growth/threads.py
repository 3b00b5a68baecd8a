"""The number of threads in the installation, each with one run that has ended."""

import asyncio
import itertools
from typing import LiteralString

import orjson

from benchmarks.growth.axis import Axis, Cost, Setting, costs
from benchmarks.growth.database import inside, seed

#: As many threads a label, however many there are: what is found must not grow with what is searched.
A_SHELF = 20

THREADS: LiteralString = """
INSERT INTO threads_thread (thread_id, status, interrupts, metadata, created_at, updated_at, state_updated_at)
SELECT gen_random_uuid(), CASE WHEN n %% 100 = 0 THEN 'error' ELSE 'idle' END, '{}',
  jsonb_build_object('shelf', n / %(a_shelf)s, 'kind', 'seed'), moment, moment, moment
FROM generate_series((SELECT count(*) FROM threads_thread WHERE metadata @> '{"kind": "seed"}'), %(rows)s - 1) n,
  LATERAL (SELECT now() - interval '1 day' + n * interval '1 millisecond' AS moment) at
"""
RUNS: LiteralString = """
INSERT INTO runs_run (run_id, thread_id, assistant_id, graph_id, status, metadata, kwargs, multitask_strategy,
  created_at, updated_at, queue, due_at, started_at, ended_at, attempt, crashes, progress, token, cancel_reason)
SELECT gen_random_uuid(), thread_id, gen_random_uuid(), 'noop', 'success', '{}', '{}', 'enqueue', created_at,
  created_at, 'default', created_at, created_at, created_at, 1, 0, 0, 1, ''
FROM threads_thread t WHERE metadata @> '{"kind": "seed"}'
  AND NOT EXISTS (SELECT FROM runs_run r WHERE r.thread_id = t.thread_id)
"""


async def measure(setting: Setting, size: int) -> dict[str, Cost]:
    await seed(setting.graphs, THREADS, RUNS, rows=size, a_shelf=A_SHELF)
    client = setting.client
    found = await client.post("/threads/search", {"metadata": {"shelf": 0}, "limit": A_SHELF})
    shelves, places = itertools.cycle(range(size // A_SHELF)), itertools.cycle(found)

    async def run() -> None:
        await client.post(
            f"/threads/{next(places)['thread_id']}/runs/wait", {"assistant_id": "noop", "input": {"n": 0}}
        )

    calls = {
        "create": lambda: client.post("/threads", {}),
        "get": lambda: client.get(f"/threads/{next(places)['thread_id']}"),
        "search": lambda: client.post("/threads/search", {}),
        "search by metadata": lambda: client.post("/threads/search", {"metadata": {"shelf": next(shelves)}}),
        "search by status": lambda: client.post("/threads/search", {"status": "error"}),
        "search sorted by status": lambda: client.post("/threads/search", {"sort_by": "status"}),
        "search sorted by state_updated_at": lambda: client.post("/threads/search", {"sort_by": "state_updated_at"}),
        "count by metadata": lambda: client.post("/threads/count", {"metadata": {"shelf": next(shelves)}}),
        "count of all": lambda: client.post("/threads/count", {}),
        "run on one": run,
    }
    moves = orjson.loads(await inside(setting.graphs, "benchmarks.growth.moves"))
    await asyncio.sleep(1)
    return {**await costs(setting, calls), **{name: Cost(value) for name, value in moves.items()}}


AXIS = Axis("threads", (100, 1_000, 10_000, 100_000, 1_000_000), measure)

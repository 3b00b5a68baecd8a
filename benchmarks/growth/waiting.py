"""The runs that wait for a worker, each on a thread of its own, in a queue that nobody serves."""

from typing import LiteralString

import orjson

from benchmarks.growth.axis import Axis, Cost, Setting, cost
from benchmarks.growth.database import inside, plant, seed
from benchmarks.growth.past import NOOP

QUEUE = "nobody"

WAITING: LiteralString = """
WITH made AS (
    INSERT INTO threads_thread (thread_id, status, interrupts)
    SELECT gen_random_uuid(), 'busy', '{}'
    FROM generate_series((SELECT count(*) FROM runs_run WHERE queue = %(queue)s), %(rows)s - 1)
    RETURNING thread_id
)
INSERT INTO runs_run (run_id, thread_id, assistant_id, graph_id, status, metadata, kwargs, multitask_strategy,
  created_at, updated_at, queue, due_at, attempt, crashes, progress, token, cancel_reason)
SELECT gen_random_uuid(), thread_id, gen_random_uuid(), 'noop', 'pending', '{}', '{}', 'enqueue', clock_timestamp(),
  now(), %(queue)s, now(), 0, 0, 0, 0, ''
FROM made
"""


async def measure(setting: Setting, size: int) -> dict[str, Cost]:
    async def claim() -> Cost:
        moves = orjson.loads(await inside(setting.graphs, "benchmarks.growth.moves", QUEUE))
        return Cost(moves["claim of 10"])

    await plant(setting.graphs, WAITING, rows=size, queue=QUEUE)
    unknown = await claim()
    await seed(setting.graphs)
    return {
        "claim of 10 before Postgres analysed the tables": unknown,
        "claim of 10": await claim(),
        "run in another queue": await cost(setting, lambda: setting.client.post("/runs/wait", NOOP)),
    }


AXIS = Axis("runs that wait", (100, 1_000, 10_000, 100_000), measure)

"""The graphs in one process without any server, with each saver. For `benchmarks.floor`.

It prints a line once it has started. For each line `<run, token or step> <seconds>` that it reads, it prints the CPU of
one in milliseconds, Postgres included, by the saver, as JSON.
"""

import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import orjson
import uvloop
from django.conf import settings
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from benchmarks.graphs import chat, noop, steps
from benchmarks.grouped import GroupedSaver
from benchmarks.load import closed_loop
from benchmarks.ours import GRAPHS, embedded_postgres
from benchmarks.processes import ProcessTree
from langgraph_server.checkpoints.fence import HELD_RUNS
from langgraph_server.checkpoints.saver import open_pool, open_saver

CLIENTS = 32
TOKENS, STEPS = 200, 100


async def a_run(graph: Any, config: dict[str, Any]) -> int:
    assert (await graph.ainvoke({"n": 1}, config))["n"] == 2
    return 1


async def tokens(graph: Any, config: dict[str, Any]) -> int:
    asked = {"messages": [{"role": "user", "content": "Count!"}], "tokens": TOKENS}
    told = [part async for part in graph.astream(asked, config, stream_mode="messages")]
    assert len(told) >= TOKENS
    return TOKENS


async def supersteps(graph: Any, config: dict[str, Any]) -> int:
    found = await graph.ainvoke({"steps": STEPS}, {**config, "recursion_limit": 2 * STEPS})
    assert found["taken"] == STEPS
    return STEPS


OPERATIONS: Mapping[str, tuple[Any, Callable[[Any, dict[str, Any]], Awaitable[int]]]] = {
    "run": (noop.graph, a_run),
    "token": (chat.graph, tokens),
    "step": (steps.graph, supersteps),
}


async def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        name, seconds = line.split()
        print(orjson.dumps(await costs(name, float(seconds))).decode(), flush=True)


async def costs(name: str, seconds: float) -> dict[str, float]:
    """On connections of its own: none is left while servers are measured."""
    async with (
        open_saver(settings.DATABASE_URI, pool_size=10, holds=HELD_RUNS) as ours,
        open_pool(settings.DATABASE_URI, 10) as pool,
    ):
        savers = {"none": None, "stock": AsyncPostgresSaver(pool), "grouped": GroupedSaver(pool), "ours": ours}
        return {kind: await cost(name, saver, seconds) for kind, saver in savers.items()}


async def cost(name: str, saver: Any, seconds: float) -> float:
    graph, operation = OPERATIONS[name]
    equipped = graph.copy(update={"checkpointer": saver})
    await operation(equipped, on_a_new_thread())
    return await cpu_ms(operation, equipped, seconds)


def on_a_new_thread() -> dict[str, Any]:
    return {"configurable": {"thread_id": str(uuid4())}}


async def cpu_ms(operation: Callable[..., Awaitable[int]], graph: Any, seconds: float) -> float:
    postgres = ProcessTree(embedded_postgres(GRAPHS))
    before = time.process_time() + postgres.cpu_seconds()
    load = await closed_loop(lambda _: operation(graph, on_a_new_thread()), clients=CLIENTS, seconds=seconds)
    return (time.process_time() + postgres.cpu_seconds() - before) * 1000 / sum(load.results)


if __name__ == "__main__":
    uvloop.run(main())

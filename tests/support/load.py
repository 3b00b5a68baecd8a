"""Many runs of the `steps` graph, and whether each thread holds exactly what its runs should have left."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langgraph_sdk.client import LangGraphClient

from tests.support.installation import Installation

STEPS_TAKEN = "SELECT count(*) FROM checkpoints WHERE metadata ->> 'source' = 'loop' AND metadata ->> 'step' <> '0'"


@dataclass(frozen=True)
class Load:
    steps: int
    thread_ids: Sequence[str]
    run_ids: Sequence[str]


async def submit(
    client: LangGraphClient,
    *,
    runs: int,
    steps: int,
    seconds: float,
    threads: int | None = None,
    resumable: bool = False,
) -> Load:
    """As many threads as runs, unless fewer are wished; of one thread the runs are created in order."""
    made = await asyncio.gather(*(client.threads.create() for _ in range(threads or runs)))
    thread_ids = [thread["thread_id"] for thread in made]

    async def fill(thread_id: str, count: int) -> list[str]:
        body = {"steps": steps, "seconds": seconds}
        created = [
            await client.runs.create(thread_id, "steps", input=body, durability="sync", stream_resumable=resumable)
            for _ in range(count)
        ]
        return [run["run_id"] for run in created]

    counts = [len(range(place, runs, len(thread_ids))) for place in range(len(thread_ids))]
    filled = await asyncio.gather(*(fill(*pair) for pair in zip(thread_ids, counts, strict=True)))
    return Load(steps * max(counts), thread_ids, [run_id for run_ids in filled for run_id in run_ids])


async def inexact(client: LangGraphClient, load: Load) -> dict[str, object]:
    """Threads whose state is not [0, 1, … n-1]: a step was lost or doubled."""
    states: list[Any] = await asyncio.gather(*(client.threads.get_state(thread_id) for thread_id in load.thread_ids))
    found = {thread_id: state["values"]["done"] for thread_id, state in zip(load.thread_ids, states, strict=True)}
    return {thread_id: done for thread_id, done in found.items() if done != list(range(load.steps))}


def until_under_way(server: Installation, *, steps: int) -> None:
    """All runs are claimed and so many supersteps are committed."""
    server.until(lambda: server.count("status = 'pending'") == 0 and server.value(STEPS_TAKEN) >= steps)


def attempts(server: Installation) -> dict[int, int]:
    """How many runs took so many attempts."""
    return dict(server.rows("SELECT attempt, count(*)::int FROM runs_run GROUP BY attempt ORDER BY attempt"))

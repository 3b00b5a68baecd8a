"""Graphs that take memory without end, in workers that have only so much: they end in error, those beside succeed."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from langgraph_server.supervision import COMMAND
from tests.rounds.caller import calling
from tests.rounds.ground import Ground
from tests.rounds.verdict import Findings
from tests.support.processes import Process

WORKERS = 2
#: Bytes, of each.
ENOUGH = 1 << 30
#: Where control groups are mounted, in either version, and the file of each that holds the limit.
GROUPS = {
    Path("/sys/fs/cgroup/memory"): "memory.limit_in_bytes",
    Path("/sys/fs/cgroup"): "memory.max",
}
ENDED = "SELECT run_id::text, status, attempt, error ->> 'error' FROM runs_run WHERE graph_id = 'failing'"

#: What is written before a command to set its limit.
Prefix = Sequence[str]


async def exhausted(ground: Ground, *, poison: int, good: int) -> Findings:
    findings = Findings()
    ground.muster(workers=0)
    with ExitStack() as stack:
        limits = [stack.enter_context(limited(f"{os.getpid()}-{number}")) for number in range(WORKERS)]
        stack.callback(end_workers, ground)
        async with replaced(ground, [prefix for _, prefix in limits]) as started, calling(ground) as caller:
            body = {"assistant_id": "failing", "input": {"how": "memory"}, "durability": "sync"}
            bad = [await caller.run(await caller.thread(), **body) for _ in range(poison)]
            run_ids = await caller.steps(runs=good, steps=4, seconds=0.2)
            seconds = await ground.settled(patience=60 + 60 * poison)
        [limit] = {limit for limit, _ in limits}
    ended = ground.server.rows(ENDED)
    wanted = {"WorkerLost"} if limit == "control group" else {"WorkerLost", "MemoryError"}
    findings.refuse(
        f"a graph that took all memory ended otherwise than in {' or '.join(sorted(wanted))}",
        [row for row in ended if row[1] != "error" or row[3] not in wanted],
    )
    findings.require("all poison was admitted", {row[0] for row in ended} == set(bad))
    findings.audit(ground, run_ids)
    findings.tell(poison=poison, good=good, limit=limit, workers_started=len(started), settled_seconds=seconds)
    findings.tell(poison_attempts=sorted(row[2] for row in ended), errors=dict(Counter(row[3] for row in ended)))
    return findings


@asynccontextmanager
async def replaced(ground: Ground, prefixes: Sequence[Prefix]) -> AsyncIterator[list[Process]]:
    """One worker a limit, and another when it ended, as a machine replaces containers; yields all that were started."""
    started: list[Process] = []
    serving: dict[int, Process] = {}

    async def replace() -> None:
        while True:
            for place, prefix in enumerate(prefixes):
                if place not in serving or not serving[place].is_alive:
                    serving[place] = ground.server.start_process("worker", *prefix, *COMMAND, "worker")
                    started.append(serving[place])
            await asyncio.sleep(0.5)

    replacing = asyncio.create_task(replace(), name="replacing")
    try:
        yield started
    finally:
        replacing.cancel()


def end_workers(ground: Ground) -> None:
    for worker in ground.server.workers:
        worker.kill()


@contextmanager
def limited(name: str) -> Iterator[tuple[str, Prefix]]:
    """What sets the limit, and what to write before a command: the kernel's limit if we may, else the allocator's."""
    for root, file in GROUPS.items():
        group = root / f"langgraph-rounds-{name}"
        try:
            group.mkdir()
            # A folder of something else must not be taken for a group: what is missing is not made.
            with (group / file).open("r+") as setting:
                setting.write(str(ENOUGH))
        except OSError:
            if group.is_dir():
                group.rmdir()
            continue
        try:
            yield "control group", ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh"]
        finally:
            group.rmdir()
        return
    yield "address space", ["sh", "-c", f'ulimit -v {ENOUGH >> 10}; exec "$@"', "sh"]

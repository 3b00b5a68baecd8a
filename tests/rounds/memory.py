"""Graphs that take memory without end, in workers that have only so much: they end in error, those beside succeed."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from langgraph_server.supervision import COMMAND
from tests.rounds.caller import calling
from tests.rounds.ground import Ground
from tests.rounds.verdict import Findings

#: Bytes, of a supervisor and its two workers together.
ENOUGH = 2 << 30
#: Where control groups are mounted, in either version, and the file of each that holds the limit.
GROUPS = {
    Path("/sys/fs/cgroup/memory"): "memory.limit_in_bytes",
    Path("/sys/fs/cgroup"): "memory.max",
}
ENDED = "SELECT run_id::text, status, attempt, error ->> 'error' FROM runs_run WHERE graph_id = 'failing'"


async def exhausted(ground: Ground, *, poison: int, good: int) -> Findings:
    findings = Findings()
    ground.muster(workers=0)
    with limited() as (limit, prefix):
        supervisor = ground.server.start_process("worker", *prefix, *COMMAND, "worker", "--processes", "2")
        try:
            async with calling(ground) as caller:
                body = {"assistant_id": "failing", "input": {"how": "memory"}, "durability": "sync"}
                bad = [await caller.run(await caller.thread(), **body) for _ in range(poison)]
                run_ids = await caller.steps(runs=good, steps=4, seconds=0.2)
                seconds = await ground.settled(patience=60 + 60 * poison)
        finally:
            supervisor.kill()
    ended = ground.server.rows(ENDED)
    wanted = {"WorkerLost"} if limit == "control group" else {"WorkerLost", "MemoryError"}
    findings.refuse(
        f"a graph that took all memory ended otherwise than in {', '.join(sorted(wanted))}",
        [row for row in ended if row[1] != "error" or row[3] not in wanted],
    )
    findings.require("all poison was admitted", {row[0] for row in ended} == set(bad))
    findings.audit(ground, run_ids)
    findings.tell(poison=poison, good=good, limit=limit, settled_seconds=seconds)
    findings.tell(poison_attempts=sorted(row[2] for row in ended), errors=dict(Counter(row[3] for row in ended)))
    return findings


@contextmanager
def limited() -> Iterator[tuple[str, Sequence[str]]]:
    """What sets the limit, and what to write before a command: the kernel's limit if we may, else the allocator's."""
    for root, file in GROUPS.items():
        group = root / f"langgraph-rounds-{os.getpid()}"
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

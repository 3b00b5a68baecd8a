"""What clients end: a cancelled run executes nothing more, a deleted thread does not come back."""

import asyncio
import time
from uuid import UUID

from tests.rounds.caller import Caller, calling
from tests.rounds.ground import LEASE, Ground
from tests.rounds.storm import storm
from tests.rounds.verdict import Findings

#: A running run learns of the wish at its next renewal at the latest; then its superstep is cut.
NEWS = LEASE / 3 + 2.0

LEFT = """
SELECT 'thread', count(*)::int FROM threads_thread WHERE thread_id = ANY(%s::uuid[])
UNION ALL SELECT 'run', count(*) FROM runs_run WHERE thread_id = ANY(%s::uuid[])
UNION ALL SELECT 'checkpoint', count(*) FROM checkpoints WHERE thread_id = ANY(%s::text[])
UNION ALL SELECT 'blob', count(*) FROM checkpoint_blobs WHERE thread_id = ANY(%s::text[])
UNION ALL SELECT 'write', count(*) FROM checkpoint_writes WHERE thread_id = ANY(%s::text[])
"""


async def cancelled(ground: Ground, *, runs: int, away: float) -> Findings:
    """`runs` that run and as many that wait behind them, while Redis is away half of the time."""
    findings = Findings()
    ground.muster(workers=2)
    told: dict[str, float] = {}
    async with calling(ground) as caller:
        thread_ids = await asyncio.gather(*(caller.thread() for _ in range(runs)))
        body = {"assistant_id": "steps", "input": {"steps": 100, "seconds": 0.5}, "durability": "sync"}
        running = await asyncio.gather(*(caller.run(thread_id, **body) for thread_id in thread_ids))
        waiting = await asyncio.gather(*(caller.run(thread_id, **body) for thread_id in thread_ids))
        await asyncio.to_thread(
            ground.server.until, lambda: ground.server.count("status = 'running'") == runs, patience=60
        )

        async def cancel(thread_id: str, run_id: str) -> None:
            await asyncio.sleep(ground.chance.uniform(0, 4 * away))
            await caller.insist("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")
            told[run_id] = time.time()

        def strike() -> None:
            ground.redis.kill()
            time.sleep(away)
            ground.redis.start()

        async with storm(strike, every=away, chance=ground.chance) as storming:
            # Those that wait first: the end of one that runs must not start one whose cancel is on its way.
            await asyncio.gather(*(map(cancel, thread_ids, waiting)))
            await asyncio.gather(*(map(cancel, thread_ids, running)))
        settled = await ground.settled(patience=60)
    steps = ground.journal.steps()
    begun = {step.run_id for step in steps}
    findings.refuse("a waiting run was executed after its cancel", sorted(begun & set(waiting))[:10])
    late = [step for step in steps if step.run_id in told and step.at > told[step.run_id] + NEWS]
    findings.refuse("a running run began a step long after its cancel", late[:10])
    findings.refuse("a client got a 5xx", {status: n for status, n in caller.told.items() if status.startswith("5")})
    findings.audit(ground, [*running, *waiting], statuses=["interrupted"])
    after = [step.at - told[step.run_id] for step in steps if step.run_id in told]
    findings.tell(runs=2 * runs, redis_away=storming.strikes, away_seconds=away, settled_seconds=settled)
    findings.tell(latest_step_after_cancel_seconds=max([0.0, *after]), told=dict(caller.told))
    return findings


async def deleted(ground: Ground, *, threads: int, leases: int) -> Findings:
    """Busy threads are deleted while one of their workers stands still; then it goes on."""
    findings = Findings()
    ground.muster(workers=2)
    async with calling(ground) as caller:
        thread_ids = await asyncio.gather(*(caller.thread() for _ in range(threads)))
        body = {
            "assistant_id": "steps",
            "input": {"steps": 50, "seconds": 0.3},
            "durability": "async",
            "stream_resumable": True,
        }
        await asyncio.gather(*(caller.run(thread_id, **body) for thread_id in thread_ids))
        ground.server.until(lambda: ground.server.count("status = 'running'") == threads)
        zombie = ground.chance.choice(ground.server.alive("worker"))
        zombie.freeze()
        await asyncio.gather(*(delete(caller, thread_id) for thread_id in thread_ids))
        at_once = left(ground, thread_ids)
        await asyncio.sleep(leases * LEASE / 2)
        zombie.thaw()
        await asyncio.sleep(leases * LEASE / 2)
        later = left(ground, thread_ids)
        findings.require("the zombie goes on living", zombie.is_alive)
        run_ids = await caller.steps(runs=10, steps=2, seconds=0.1)
        await ground.settled(patience=60)
    findings.refuse("rows were left", at_once)
    findings.refuse("rows came back", later)
    findings.audit(ground, run_ids)
    findings.tell(threads=threads, frozen_seconds=leases * LEASE / 2)
    return findings


async def delete(caller: Caller, thread_id: str) -> None:
    await caller.insist("DELETE", f"/threads/{UUID(thread_id)}")


def left(ground: Ground, thread_ids: list[str]) -> dict[str, int]:
    query = LEFT.replace("%s", "%s")
    return {kind: count for kind, count in ground.server.rows(query, *[thread_ids] * 5) if count}

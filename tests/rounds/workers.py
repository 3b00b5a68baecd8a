"""Workers die, stand still, or are blocked, with runs in flight."""

import asyncio
import time

from tests.rounds.caller import calling
from tests.rounds.ground import LEASE, Ground
from tests.rounds.journal import begun_by_replaced, replayed
from tests.rounds.storm import storm
from tests.rounds.verdict import Findings
from tests.support.processes import Process

#: As a sweep does to runs of a worker that is lost; this one lives, and nobody tells it.
ROB = """
UPDATE runs_run SET status = 'pending', token = token + 1, owner = NULL, lease_until = NULL, lost_by = owner,
    due_at = now(), updated_at = now()
WHERE status = 'running' RETURNING run_id::text
"""


async def killed(
    ground: Ground, *, runs: int, slots: int, steps: int, seconds: float, kill_every: float, kills: int
) -> Findings:
    findings = Findings()
    ground.muster(slots=slots)
    async with calling(ground) as caller:
        submitting = asyncio.create_task(caller.steps(runs=runs, steps=steps, seconds=seconds))
        async with storm(lambda: ground.replace("worker"), every=kill_every, chance=ground.chance):
            run_ids = await submitting
            while ground.killed < kills:
                await asyncio.sleep(0.2)
        recovery = await ground.settled(patience=300)
    noted = ground.journal.steps()
    findings.refuse("a replaced execution began a step", begun_by_replaced(noted)[:10])
    findings.audit(ground, run_ids)
    findings.tell(runs=runs, kills=ground.killed, settled_seconds_after_last_kill=recovery)
    findings.tell(steps=runs * steps, steps_begun=len(noted), steps_replayed=replayed(noted))
    return findings


async def frozen(ground: Ground, *, runs: int, leases: int, times: int) -> Findings:
    """A worker stands still for some leases, goes on, and finds that its runs belong to others.

    One that looks at its clock writes nothing, so in the end workers that are awake are robbed: the fence must refuse.
    """
    findings = Findings()
    ground.muster()
    taken_over = 0
    refused: list[str] = []
    run_ids: list[str] = []
    async with calling(ground) as caller:
        for _ in range(times):
            began = time.time()
            run_ids += await caller.steps(runs=runs // 2, steps=4, seconds=1.0)
            run_ids += await caller.steps(runs=runs // 2, steps=4, seconds=1.0, stream_resumable=True)
            ground.server.until(lambda: ground.server.count("status = 'pending'") == 0)
            # One that was woken may have taken all the runs.
            zombie = ground.chance.choice(at_work(ground, since=began))
            # In the middle of steps: within a transaction it would keep its runs (locking.md).
            await asyncio.sleep(0.5)
            zombie.freeze()
            await asyncio.sleep(leases * LEASE)
            taken_over = ground.server.count("attempt > 1")
            # Nobody can renew a lease now: it is the fence that has to refuse, not the news of the loss.
            with ground.server.locked("LOCK TABLE runs_run IN SHARE MODE"):
                zombie.thaw()
                await asyncio.sleep(2)
            await ground.settled(patience=60)
            findings.require("the zombie goes on living", zombie.is_alive)
        run_ids += await caller.steps(runs=runs, steps=6, seconds=0.3)
        ground.server.until(lambda: ground.server.count("status = 'pending'") == 0)
        robbed = ground.server.rows(ROB)
        await ground.settled(patience=60)
    for worker in ground.server.workers:
        refused += [told["run_id"] for told in worker.logged("run ended") if told.get("reason") == "replaced"]
    noted = ground.journal.steps()
    findings.require("runs were taken over while the worker was frozen", taken_over)
    findings.refuse("a replaced execution began a step", begun_by_replaced(noted)[:10])
    findings.require("the fence refused what those wrote that were robbed", refused)
    findings.audit(ground, run_ids)
    findings.tell(robbed=len(robbed), stale_writers_refused=len(set(refused)))
    findings.tell(runs=len(run_ids), frozen_times=times, frozen_seconds=leases * LEASE, taken_over=taken_over)
    findings.tell(steps_replayed=replayed(noted))
    return findings


def at_work(ground: Ground, *, since: float) -> list[Process]:
    """Workers that have begun steps since then, of runs that all last longer."""
    ground.server.until(lambda: ground.journal.steps(since=since))
    busy = {step.process_id for step in ground.journal.steps(since=since)}
    return [worker for worker in ground.server.alive("worker") if worker.popen.pid in busy]


async def blocked(ground: Ground, *, runs: int, seconds: float) -> Findings:
    """A graph blocks its worker's loop for much longer than a lease: its thread renews it all the same."""
    findings = Findings()
    ground.muster(workers=2)
    async with calling(ground) as caller:
        bad = {"assistant_id": "blocking", "input": {"seconds": seconds, "blocking": True}}
        run_ids = [await caller.run(await caller.thread(), **bad)]
        ground.server.until(lambda: ground.server.count("status = 'running'") == 1)
        began = time.monotonic()
        run_ids += await caller.steps(runs=runs, steps=2, seconds=0.2)
        neighbours = await asyncio.to_thread(
            ground.server.until,
            lambda: ground.server.count("graph_id = 'steps' AND status = 'success'") == runs,
            patience=seconds * 2 + 30,
        )
        await ground.settled(patience=seconds + 60)
    findings.require("no attempt was lost", ground.server.count("attempt <> 1") == 0)
    findings.audit(ground, run_ids)
    findings.tell(blocked_seconds=seconds, other_runs=runs, others_settled_seconds=neighbours)
    findings.tell(all_settled_seconds=time.monotonic() - began)
    return findings


async def poisoned(ground: Ground, *, poison: int, good: int) -> Findings:
    """Graphs that take their process down, three ways, beside graphs that do not."""
    findings = Findings()
    ground.muster(workers=0)
    supervisor = ground.server.start_worker("--processes", "2")
    async with calling(ground) as caller:
        ways = ("exit", "segfault", "killed")
        bad = [
            await caller.run(
                await caller.thread(),
                assistant_id="failing",
                input={"how": ways[place % len(ways)]},
                durability="sync",
            )
            for place in range(poison)
        ]
        run_ids = await caller.steps(runs=good, steps=4, seconds=0.2)
        seconds = await ground.settled(patience=60 + 45 * poison)
    supervisor.kill()
    ended = ground.server.rows(
        "SELECT run_id::text, status, attempt, error ->> 'error' FROM runs_run WHERE graph_id = 'failing'"
    )
    findings.refuse(
        "poison ended otherwise than after three lost workers",
        [row for row in ended if row[1] != "error" or row[3] != "WorkerLost"],
    )
    findings.require("all poison was admitted", {row[0] for row in ended} == set(bad))
    findings.audit(ground, run_ids)
    findings.tell(poison=poison, good=good, settled_seconds=seconds, poison_attempts=sorted(row[2] for row in ended))
    return findings

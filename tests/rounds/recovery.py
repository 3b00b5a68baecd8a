"""How long a loss costs with the times of production: runs of a killed worker, and runs that nobody was told of."""

import asyncio
import time
from collections.abc import Sequence

from tests.rounds.caller import Caller, calling
from tests.rounds.ground import TIMES, Ground
from tests.rounds.journal import begun_by_replaced
from tests.rounds.redis import echo
from tests.rounds.verdict import Findings
from tests.support.processes import Process

#: Seconds from the kill of a worker to the next step of its last run, and from a post to the start of a run.
TAKEN_OVER, STARTED = 20.0, 2.0
#: Empty counts as absent.
AS_IN_PRODUCTION = dict.fromkeys(TIMES, "")
LONGEST_WAIT = "SELECT max(extract(epoch FROM started_at - created_at)) FROM runs_run WHERE graph_id = 'echo'"


async def timed(ground: Ground, *, kills: int, runs: int, unannounced: int) -> Findings:
    findings = Findings()
    ground.muster(workers=0)
    workers = [worker_of_production(ground) for _ in range(3)]
    for worker in workers:
        ground.server.await_worker(worker)
    run_ids: list[str] = []
    losses: list[float] = []
    async with calling(ground) as caller:
        for number in range(kills):
            run_ids += await caller.steps(runs=runs, steps=30, seconds=1.0)
            await asyncio.sleep(2)
            victim = ground.chance.choice(ground.server.workers)
            losses += await taken_over(ground, victim)
            replacement = worker_of_production(ground)
            await ground.settled(patience=120)
            ground.server.await_worker(replacement)
            ground.progress(number + 1, kills)
        await unheard(ground, caller, unannounced)
    findings.refuse("a replaced execution began a step", begun_by_replaced(ground.journal.steps())[:10])
    findings.audit(ground, run_ids)
    longest = float(ground.server.value(LONGEST_WAIT))
    findings.require(f"a killed worker's runs went on within {TAKEN_OVER:.0f} seconds", max(losses) <= TAKEN_OVER)
    findings.require(f"runs began within {STARTED:.0f} seconds of a lost wake-up", longest <= STARTED)
    findings.tell(kills=kills, taken_over=len(losses), **spread(losses), longest_wait_unannounced=longest)
    return findings


def worker_of_production(ground: Ground) -> Process:
    return ground.server.start_worker(N_JOBS_PER_WORKER=str(ground.slots), **AS_IN_PRODUCTION)


async def taken_over(ground: Ground, victim: Process) -> list[float]:
    """The seconds without a step that the kill cost each run of the worker."""
    victim.kill()
    killed = time.time()
    lost = {step.run_id for step in ground.journal.steps() if step.process_id == victim.popen.pid}
    lost &= {run_id for (run_id,) in ground.server.rows("SELECT run_id::text FROM runs_run WHERE status = 'running'")}
    while True:
        later = [step for step in ground.journal.steps() if step.run_id in lost and step.attempt > 1]
        if {step.run_id for step in later} == lost:
            return [min(step.at for step in later if step.run_id == run_id) - killed for run_id in lost]
        await asyncio.sleep(0.5)


async def unheard(ground: Ground, caller: Caller, runs: int) -> None:
    """With Redis away no worker is told of a run."""
    ground.redis.kill()
    try:
        for _ in range(runs):
            await echo(caller)
            await ground.settled(patience=30)
    finally:
        ground.redis.start()


def spread(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {"p50": ordered[len(ordered) // 2], "p99": ordered[int(len(ordered) * 0.99)], "longest": ordered[-1]}

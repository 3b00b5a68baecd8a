"""The cable of a worker's host is pulled: no kernel hears that a byte arrived, nor that the other side is gone."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from langgraph_server.supervision import COMMAND
from tests.rounds.caller import calling
from tests.rounds.ground import LEASE, Ground
from tests.rounds.journal import Step
from tests.rounds.network import BEGINNING, addresses, conclude, dials, load
from tests.rounds.verdict import Findings
from tests.support.hosts import Host, host
from tests.support.processes import Process
from tests.support.proxy import road

#: Seconds until a worker that is there again takes runs again.
PATIENCE = 30


async def pulled(ground: Ground, *, runs: int, seconds: float, times: int) -> Findings:
    """On one side of the cable a worker, on the other everything else, with another worker that has half the slots."""
    findings = Findings()
    run_ids: list[str] = []
    returns: list[float] = []
    with host() as far, mustered(ground, far, runs // 2) as worker:
        pid = worker.popen.pid
        async with calling(ground) as caller:
            for _ in range(times):
                run_ids += await load(caller, runs)
                await asyncio.sleep(BEGINNING)
                findings.require("the worker was at work", steps_of(ground, pid, since=time.time() - BEGINNING))
                far.pull()
                pulled_at = time.time()
                await asyncio.sleep(seconds)
                late = steps_of(ground, pid, since=pulled_at + LEASE)
                findings.refuse("a worker without a network began a step after its leases had ended", late[:10])
                far.plug()
                plugged_at = time.time()
                run_ids += await load(caller, runs)
                returns.append(await back(ground, pid, since=plugged_at))
            recovery = await ground.settled(patience=180)
        findings.require("the worker goes on living", worker.is_alive)
        conclude(ground, findings, caller, run_ids)
    findings.tell(runs=len(run_ids), pulled=times, seconds=seconds, back_at_work_after=returns)
    findings.tell(settled_seconds_after_last=recovery, told=dict(caller.told))
    return findings


def steps_of(ground: Ground, pid: int, *, since: float) -> list[Step]:
    return [step for step in ground.journal.steps(since=since) if step.process_id == pid]


async def back(ground: Ground, pid: int, *, since: float) -> float:
    """The seconds until the worker begins a step again."""
    while not (steps := steps_of(ground, pid, since=since)):
        assert time.time() < since + PATIENCE, "the worker does not come back"
        await asyncio.sleep(0.1)
    return steps[0].at - since


@contextmanager
def mustered(ground: Ground, far: Host, few: int) -> Iterator[Process]:
    ground.muster(workers=0)
    near = ground.server.start_worker(N_JOBS_PER_WORKER=str(few))
    ways = dials(ground)
    with road(ways["postgres"], host=far.outside) as postgres, road(ways["redis"], host=far.outside) as redis:
        settings = {"N_JOBS_PER_WORKER": str(ground.slots), **addresses(ground, postgres, redis)}
        worker = ground.server.start_process("worker", *far.prefix, *COMMAND, "worker", settings=settings)
        try:
            for each in (near, worker):
                ground.server.await_worker(each)
            yield worker
        finally:
            for each in (near, worker):
                each.kill()

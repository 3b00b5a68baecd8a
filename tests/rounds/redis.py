"""Redis loses everything, or is away: that costs time, and nothing else."""

import asyncio
import time
from collections.abc import Callable, Sequence

from redis import Redis as Client

from tests.rounds.caller import Caller, calling
from tests.rounds.ground import Ground
from tests.rounds.storm import storm
from tests.rounds.verdict import Findings

WAKE_UP = """
SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - created_at))
FROM runs_run WHERE graph_id = 'echo'
"""


def flush(ground: Ground) -> None:
    with Client.from_url(ground.redis.uri) as client:
        client.flushall()


def restart(ground: Ground) -> None:
    ground.redis.kill()
    ground.redis.start()


async def flushed(ground: Ground, *, runs: int, every: float, strikes: int) -> Findings:
    return await struck(ground, lambda: flush(ground), runs=runs, every=every, strikes=strikes)


async def killed(ground: Ground, *, runs: int, every: float, strikes: int) -> Findings:
    return await struck(ground, lambda: restart(ground), runs=runs, every=every, strikes=strikes)


async def struck(ground: Ground, strike: Callable[[], object], *, runs: int, every: float, strikes: int) -> Findings:
    findings = Findings()
    ground.muster(workers=2)
    async with calling(ground) as caller:
        async with storm(strike, every=every, chance=ground.chance) as storming:
            submitting = asyncio.create_task(caller.steps(runs=runs, steps=4, seconds=0.5))
            echoes = 0
            while storming.strikes < strikes or not submitting.done():
                await echo(caller)
                echoes += 1
        run_ids = await submitting
        seconds = await ground.settled(patience=120)
        findings.refuse("a client got a 5xx", {told: n for told, n in caller.told.items() if told.startswith("5")})
    conclude(ground, findings, run_ids)
    findings.tell(
        runs=runs + echoes, strikes=storming.strikes, settled_seconds_after_last=seconds, told=dict(caller.told)
    )
    return findings


async def away(ground: Ground, *, runs: int, seconds: float) -> Findings:
    findings = Findings()
    ground.muster(workers=2)
    async with calling(ground) as caller:
        run_ids = list(await caller.steps(runs=runs, steps=4, seconds=0.5))
        ground.redis.kill()
        began = time.monotonic()
        try:
            before = ground.server.count("status = 'success'")
            while time.monotonic() - began < seconds:
                run_ids += await caller.steps(runs=5, steps=1, seconds=0.0)
                await echo(caller)
            finished = ground.server.count("status = 'success'") - before
        finally:
            ground.redis.start()
        settled = await ground.settled(patience=60)
        findings.refuse("a client got a 5xx", {told: n for told, n in caller.told.items() if told.startswith("5")})
    conclude(ground, findings, run_ids)
    findings.require("runs were finished while Redis was away", finished)
    findings.tell(runs=ground.server.count("true"), away_seconds=seconds, runs_finished_while_away=finished)
    findings.tell(settled_seconds_after_return=settled, told=dict(caller.told))
    return findings


async def echo(caller: Caller) -> None:
    thread_id = await caller.thread()
    run_id = await caller.run(thread_id, assistant_id="echo", input={"said": 1})
    await caller.insist("GET", f"/threads/{thread_id}/runs/{run_id}")
    await caller.insist("GET", f"/threads/{thread_id}")
    await asyncio.sleep(0.1)


def conclude(ground: Ground, findings: Findings, run_ids: Sequence[str]) -> None:
    findings.audit(ground, run_ids)
    findings.require("no attempt was charged", ground.server.count("attempt <> 1") == 0)
    middle, late = ground.server.value(WAKE_UP)
    findings.tell(wait_for_start_p50=float(middle), wait_for_start_p99=float(late))

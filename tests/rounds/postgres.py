"""Postgres falls over, cuts connections, or is away: clients hear 503, and no graph is blamed."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from tests.rounds.caller import calling
from tests.rounds.ground import Ground
from tests.rounds.storm import storm
from tests.rounds.verdict import Findings

BACKENDS = (
    "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() ORDER BY random() LIMIT 3) chosen"
)


async def restarted(ground: Ground, *, runs: int, every: float, strikes: int) -> Findings:
    def strike() -> None:
        ground.postgres.stop(mode="immediate")
        ground.postgres.start()

    return await struck(ground, strike, runs=runs, every=every, strikes=strikes)


async def cut(ground: Ground, *, runs: int, every: float, strikes: int) -> Findings:
    """Backends are terminated, three at a time."""
    return await struck(ground, lambda: ground.server.rows(BACKENDS), runs=runs, every=every, strikes=strikes)


async def away(ground: Ground, *, runs: int, seconds: float) -> Findings:
    def strike() -> None:
        ground.postgres.stop(mode="immediate")
        time.sleep(seconds)
        ground.postgres.start()

    findings = await struck(ground, strike, runs=runs, every=3, strikes=1)
    findings.require("all was over within 30 seconds", findings.figures["settled_seconds_after_last"] < 30)
    return findings


async def struck(ground: Ground, strike: Callable[[], object], *, runs: int, every: float, strikes: int) -> Findings:
    findings = Findings()
    ground.muster(workers=2)
    async with calling(ground) as caller:
        run_ids = list(await caller.steps(runs=runs, steps=6, seconds=1.0))
        async with storm(strike, every=every, chance=ground.chance) as storming:
            # New ones only now and then: each that meets a fault waits for its end.
            while storming.strikes < strikes:
                with suppress(TimeoutError):
                    async with asyncio.timeout(every):
                        run_ids += await caller.steps(runs=2, steps=2, seconds=0.2)
                await asyncio.sleep(0.1)
        settled = await ground.settled(patience=180)
    findings.refuse("a client got a 5xx that is no 503", caller.failures)
    known = ground.server.count("true")
    findings.audit(ground, run_ids)
    errors = ground.server.rows("SELECT run_id::text, error::text FROM runs_run WHERE status <> 'success'")
    findings.refuse("a run that nobody heard of ended otherwise than in success", errors[:10])
    findings.tell(runs=known, strikes=storming.strikes, settled_seconds_after_last=settled, told=dict(caller.told))
    return findings

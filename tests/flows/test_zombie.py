"""A worker stands still for longer than its leases and then goes on: what it still wants to write is refused."""

import asyncio

from tests.flows.conftest import Report
from tests.support import load
from tests.support.installation import Installation

RUNS = 40
LEASES = 3
LEASE = 3.0


async def test_a_worker_that_was_replaced_changes_nothing(server: Installation, report: Report) -> None:
    zombie, _ = server.workers
    async with server.client() as client:
        kept = await load.submit(client, runs=RUNS // 2, steps=5, seconds=0.6, resumable=True)
        live = await load.submit(client, runs=RUNS // 2, steps=5, seconds=0.6)
        load.until_under_way(server, steps=RUNS)

        zombie.freeze()
        await asyncio.sleep(LEASES * LEASE)
        taken_over = server.count("attempt > 1")
        settled_before = server.count("status = 'success'")
        # Its steps have long ended: what they give is written now, or refused. The lock lets nobody renew a lease,
        # so that it is the fence that has to refuse, not the news of the loss.
        with server.locked("LOCK TABLE runs_run IN SHARE MODE"):
            zombie.thaw()
            await asyncio.sleep(1.5)

        assert taken_over > 0
        assert settled_before == RUNS
        assert server.count("status = 'success'") == RUNS
        assert await load.inexact(client, kept) == {}
        assert await load.inexact(client, live) == {}
        assert server.audit() == {}

        assert zombie.is_alive
        again = await load.submit(client, runs=RUNS, steps=2, seconds=0.2)
        server.until(lambda: server.value("SELECT count(DISTINCT owner) FROM runs_run WHERE status = 'running'") == 2)
        server.until_settled()
        assert await load.inexact(client, again) == {}
    assert server.audit() == {}
    report(runs=RUNS, taken_over=taken_over, frozen_seconds=LEASES * LEASE)

"""A worker dies with runs in flight: others go on where it stopped."""

from tests.flows.conftest import Report
from tests.support import load
from tests.support.installation import Installation

RUNS = 100
STEPS = 4


async def test_no_run_is_lost_stuck_or_doubled_when_a_worker_is_killed(server: Installation, report: Report) -> None:
    victim, _ = server.workers
    async with server.client() as client:
        wanted = await load.submit(client, runs=RUNS, steps=STEPS, seconds=0.8)
        load.until_under_way(server, steps=RUNS // 2)

        victim.kill()
        recovery = server.until_settled(patience=60)

        assert server.count("status = 'success'") == RUNS
        assert await load.inexact(client, wanted) == {}
    assert server.audit() == {}
    taken_over = server.count("attempt > 1")
    assert 0 < taken_over <= RUNS
    assert server.count("attempt > 2") == 0
    # 3 of lease, 1 of sweep, and the work that was left: at most 4 steps of 0.8.
    assert recovery < 15
    report(recovery_seconds=recovery, runs=RUNS, taken_over=taken_over)


async def test_a_killed_web_process_loses_no_run_that_was_acknowledged(server: Installation, report: Report) -> None:
    web = server.processes[0]
    assert web.name == "web"
    async with server.client() as client:
        wanted = await load.submit(client, runs=20, steps=3, seconds=0.2)
        web.kill()
        server.start_web()
        settled = server.until_settled()
        server.await_web()
        assert await load.inexact(client, wanted) == {}
    assert server.audit() == {}
    report(settled_seconds=settled)

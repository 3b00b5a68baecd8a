"""A worker is told to end with runs in flight: it charges no attempt, and others go on."""

import time

from tests.flows.conftest import Report
from tests.support import load
from tests.support.installation import IMPATIENT, Installation

GRACE = 2


async def test_runs_in_flight_are_given_back_uncharged(server: Installation, report: Report) -> None:
    """Steps that end within the grace time are kept; nothing is repeated."""
    for worker in server.workers:
        worker.kill()
    # One that has room for all of them would take them all.
    server.ensure_workers(2, N_JOBS_PER_WORKER="40", **IMPATIENT)
    first, second = server.workers
    async with server.client() as client:
        wanted = await load.submit(client, runs=60, steps=5, seconds=0.5)
        load.until_under_way(server, steps=60)

        began = time.monotonic()
        assert first.terminate() == 0
        took = time.monotonic() - began
        settled = server.until_settled()

        assert await load.inexact(client, wanted) == {}
    assert second.is_alive
    assert took < 30 + 5
    assert load.attempts(server) == {1: 60}
    handed_over = server.count("token > 1")
    assert handed_over > 0
    assert server.audit() == {}
    report(exit_seconds=took, settled_seconds=settled, runs=60, handed_over=handed_over)


async def test_a_step_longer_than_the_grace_time_is_cut_and_begun_again_elsewhere(
    server: Installation, report: Report
) -> None:
    for worker in server.workers:
        worker.kill()
    first = server.start_worker(BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS=str(GRACE), **IMPATIENT)
    server.await_worker(first)
    async with server.client() as client:
        threads = [(await client.threads.create())["thread_id"] for _ in range(5)]
        for thread_id in threads:
            await client.runs.create(thread_id, "sleepy", input={"seconds": 8})
        server.until(lambda: server.count("graph_id = 'sleepy' AND status = 'running'") == 5)
        second = server.start_worker()
        server.await_worker(second)

        began = time.monotonic()
        assert first.terminate() == 0
        took = time.monotonic() - began
        server.until_settled()

        assert [(await client.threads.get(thread_id))["values"] for thread_id in threads] == [
            {"seconds": 8, "slept": True}
        ] * 5
    assert GRACE <= took < GRACE + 5
    assert server.rows("SELECT DISTINCT status, attempt FROM runs_run WHERE graph_id = 'sleepy'") == [("success", 1)]
    assert server.audit() == {}
    report(exit_seconds=took, grace=GRACE)

"""Two workers share the queue: a thread's runs go in their order, and a busy worker leaves runs to the other."""

import asyncio

from tests.flows.conftest import Report
from tests.support import load
from tests.support.installation import Installation

RUNS = 200
THREADS = 8

OUT_OF_TURN = """
SELECT run_id, before_run, started_at, before_ended FROM (
    SELECT run_id, started_at,
        lag(run_id) OVER turn AS before_run, lag(ended_at) OVER turn AS before_ended
    FROM runs_run WINDOW turn AS (PARTITION BY thread_id ORDER BY created_at)
) queued
WHERE started_at < before_ended
"""


def replace_workers(server: Installation, **settings: str) -> None:
    for worker in server.workers:
        worker.kill()
    server.ensure_workers(2, **settings)


async def test_two_hundred_runs_of_a_few_threads_run_in_order_and_one_by_one(
    server: Installation, report: Report
) -> None:
    # One that has room for all of them would take them all.
    replace_workers(server, N_JOBS_PER_WORKER=str(THREADS // 4))
    async with server.client() as client:
        wanted = await load.submit(client, runs=RUNS, steps=1, seconds=0.05, threads=THREADS)
        settled = server.until_settled(patience=60)

        assert all(worker.logged("run ended") for worker in server.workers)
        created = server.rows("SELECT run_id::text FROM runs_run ORDER BY created_at")
        assert server.count("status = 'success' AND attempt = 1") == RUNS
        assert server.rows(OUT_OF_TURN) == []
        assert {run_id for (run_id,) in created} == set(wanted.run_ids)
        assert await load.inexact(client, wanted) == {}
    assert server.audit() == {}
    report(runs=RUNS, threads=THREADS, settled_seconds=settled)


async def test_runs_that_compute_are_shared_by_workers_that_have_room(server: Installation) -> None:
    """Either has slots for all of them: the first takes a few, and what they keep it busy with leaves the others."""
    replace_workers(server)
    computing = {"seconds": 0.2, "computes": True}
    async with server.client() as client:

        async def shares() -> int:
            before = server.value("SELECT now()")
            await asyncio.gather(*(client.runs.wait(None, "blocking", input=computing) for _ in range(8)))
            return int(server.value("SELECT count(DISTINCT worker_id) FROM runs_attempt WHERE ended_at > %s", before))

        # They hear of each other with their heartbeats; and one that has a core to itself only now and then, as where
        # other tests compute beside it, is not always seen to be busy.
        async with asyncio.timeout(60):
            while await shares() < 2:
                pass
    assert server.audit() == {}


async def test_a_worker_that_left_runs_to_others_takes_them_when_it_has_time(
    server: Installation, report: Report
) -> None:
    """Nobody is woken for them any more, and neither looks by itself while this lasts."""
    replace_workers(server, N_JOBS_PER_WORKER="10", LANGGRAPH_SERVER_POLL_SECS="60")
    async with server.client() as client:
        await load.submit(client, runs=120, steps=1, seconds=0.3, threads=120)
        settled = server.until_settled(patience=40)

        assert server.count("status = 'success' AND attempt = 1") == 120
    assert server.audit() == {}
    replace_workers(server)
    report(settled_seconds=settled)


async def test_the_order_is_that_of_creation_not_of_luck(server: Installation) -> None:
    """Each run leaves its own word: what the thread says last is what was asked last."""
    async with server.client() as client:
        thread_id = (await client.threads.create())["thread_id"]
        runs = [await client.runs.create(thread_id, "echo", input={"said": word}) for word in range(30)]
        server.until_settled()
        ran = server.rows("SELECT run_id::text FROM runs_run ORDER BY epoch")
        assert [run_id for (run_id,) in ran] == [run["run_id"] for run in runs]
        assert (await client.threads.get(thread_id))["values"] == {"said": 29, "count": 30}
    assert server.audit() == {}

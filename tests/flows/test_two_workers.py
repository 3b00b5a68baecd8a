"""Two workers share the queue: the runs of a thread go one by one, in the order in which they were created."""

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


def share_the_work(server: Installation) -> None:
    """One that has room for all of them would take them all."""
    for worker in server.workers:
        worker.kill()
    server.ensure_workers(2, N_JOBS_PER_WORKER=str(THREADS // 4))


async def test_two_hundred_runs_of_a_few_threads_run_in_order_and_one_by_one(
    server: Installation, report: Report
) -> None:
    share_the_work(server)
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

"""Runs that lost workers wait for one without others, but not for ever."""

from tests.support.installation import Installation

SUSPECT = "UPDATE runs_run SET crashes = 2 WHERE run_id = %s RETURNING 1"
RUNNING = "SELECT count(*) FROM runs_run WHERE graph_id = 'sleepy' AND status = 'running'"


async def test_a_suspect_is_executed_though_no_worker_is_ever_without_runs(server: Installation) -> None:
    for worker in server.workers[1:]:
        worker.kill()
    async with server.client() as client:
        threads = [(await client.threads.create())["thread_id"] for _ in range(2)]
        await client.runs.create(threads[0], "sleepy", input={"seconds": 60})
        run = await client.runs.create(threads[1], "steps", input={"steps": 1}, after_seconds=2)
        server.rows(SUSPECT, run["run_id"])

        server.until(lambda: server.count("run_id = %s AND status = 'success'", run["run_id"]), patience=30)

        assert server.value(RUNNING) == 1

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


async def test_a_run_cancelled_while_its_worker_is_dead_leaves_its_thread_with_what_it_had_done(
    server: Installation,
) -> None:
    async with server.client() as client:
        thread_id = (await client.threads.create())["thread_id"]
        run = await client.runs.create(thread_id, "steps", input={"steps": 100, "seconds": 0.1}, durability="sync")
        server.until(lambda: server.value("SELECT count(*) FROM checkpoints WHERE thread_id = %s", thread_id) > 4)
        for worker in server.workers:
            worker.kill()
        await client.runs.cancel(thread_id, run["run_id"])

        server.ensure_workers(1)

        shown = "SELECT status <> 'busy' AND refresh_at IS NULL FROM threads_thread WHERE thread_id = %s"
        server.until(lambda: server.value(shown, thread_id))
        thread, state = await client.threads.get(thread_id), await client.threads.get_state(thread_id)
        assert (thread["status"], state["next"]) == ("interrupted", ["step"])
        assert thread["values"] == state["values"]
        assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "interrupted"
    assert server.audit() == {}

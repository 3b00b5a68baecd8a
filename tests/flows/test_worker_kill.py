"""What a killed worker leaves behind (that nothing is lost: the round `worker-kills`)."""

from tests.support.installation import Installation


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

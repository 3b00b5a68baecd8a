"""A graph that takes its worker's process down, again and again."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.flows.conftest import Report
from tests.support import load
from tests.support.installation import IMPATIENT, Installation, installed

GOOD = 6
#: A new process takes seconds to start: two show what three would.
RUN_ATTEMPTS = 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Its two workers are kept running by a supervisor."""
    settings = {**IMPATIENT, "BG_JOB_MAX_RETRIES": str(RUN_ATTEMPTS)}
    with installed(tmp_path_factory.mktemp("flow"), settings=settings) as installation:
        installation.start(workers=0)
        installation.start_worker("--processes", "2")
        yield installation


async def test_poison_ends_after_the_attempts_it_has_alone_and_good_runs_beside_it_succeed(
    server: Installation, report: Report
) -> None:
    async with server.client() as client:
        thread_id = (await client.threads.create())["thread_id"]
        body = {"how": "exit"}
        poison = await client.runs.create(thread_id, "failing", input=body, durability="sync", stream_resumable=True)
        wanted = await load.submit(client, runs=GOOD, steps=5, seconds=0.2)

        settled = server.until_settled(patience=100)

        run = await client.runs.get(thread_id, poison["run_id"])
        thread: Any = await client.threads.get(thread_id)
        assert run["status"] == "error"
        assert thread["status"] == "error"
        assert thread["error"]["error"] == "WorkerLost"
        shown = "SELECT refresh_at IS NULL FROM threads_thread WHERE thread_id = %s"
        server.until(lambda: server.value(shown, thread_id))
        assert (await client.threads.get(thread_id))["values"] == {"how": "exit", "before": "kept"}
        [(attempts, charges)] = server.rows("SELECT attempt, charges FROM runs_run WHERE run_id = %s", poison["run_id"])
        assert f"{attempts} times in a row" in thread["error"]["message"]
        # It is charged for what it did alone: its first victims leave it unknown which of them it was.
        assert attempts <= RUN_ATTEMPTS + 3
        assert charges == RUN_ATTEMPTS - 1
        assert server.count("status = 'success'") == GOOD
        assert await load.inexact(client, wanted) == {}
        parts = [part async for part in client.runs.join_stream(thread_id, poison["run_id"], last_event_id="-1")]
        told = [part.data["attempt"] for part in parts if part.event == "metadata"]
        # One that takes its process down at once may do so before its number is kept.
        assert told[0] == 1
        assert told == sorted(set(told) & set(range(1, attempts + 1)))
    assert server.audit() == {}
    report(settled_seconds=settled, attempts_of_poison=attempts, attempts_of_good_runs=load.attempts(server))

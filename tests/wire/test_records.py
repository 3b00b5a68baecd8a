"""What runs leave behind for operators: their tasks, why they failed, how long runs of a graph wait and take."""

from typing import Any

from langgraph_sdk.client import LangGraphClient

from runs.timelines import Timeline, read, together
from tests.support.installation import Installation


def timeline(server: Installation, run_id: str) -> Timeline:
    """Once it is written down."""
    query = "SELECT document FROM runs_timelinepart WHERE run_id = %s ORDER BY part"
    server.until(lambda: server.rows(query, run_id), patience=10)
    return together(read(document) for (document,) in server.rows(query, run_id))


async def run(client: LangGraphClient, graph: str, value: Any, **options: Any) -> str:
    thread = await client.threads.create()
    created = await client.runs.create(thread["thread_id"], graph, input=value, **options)
    await client.runs.join(thread["thread_id"], created["run_id"])
    return created["run_id"]


async def test_tasks_are_written_down_with_what_went_in_and_came_out(
    server: Installation, client: LangGraphClient
) -> None:
    run_id = await run(client, "steps", {"steps": 3})
    told = timeline(server, run_id)
    print(told)
    assert [task.step for task in told.tasks] == [1, 2, 3]


async def test_a_failure_is_written_down_with_its_traceback(server: Installation, client: LangGraphClient) -> None:
    run_id = await run(client, "failing", {})
    told = timeline(server, run_id)
    print(told)
    assert told.tasks[-1].error


async def test_nested(server: Installation, client: LangGraphClient) -> None:
    run_id = await run(client, "nested", {}, stream_subgraphs=True)
    told = timeline(server, run_id)
    print(told)
    print(server.rows("SELECT * FROM runs_attempt"))
    print(server.rows("SELECT * FROM runs_worker"))
    server.until(lambda: server.rows("SELECT * FROM runs_minute"), patience=15)
    print(server.rows("SELECT * FROM runs_minute"))
    assert not told

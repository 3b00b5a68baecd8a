"""What runs leave behind for operators: their tasks, and why they failed."""

import httpx
from langgraph_sdk.client import LangGraphClient

from runs.timelines import Timeline, read, together
from tests.support.installation import Installation
from tests.support.protocol import new_thread, start

PARTS = "SELECT document FROM runs_timelinepart WHERE run_id = %s ORDER BY token, part"


def timeline(server: Installation, run_id: str) -> Timeline:
    """It is written down within a second of the run's end; a part of it may be earlier."""
    server.until(lambda: is_over(written(server, run_id)), patience=10)
    return written(server, run_id)


def written(server: Installation, run_id: str) -> Timeline:
    return together(read(document, None) for (document,) in server.rows(PARTS, run_id))


def is_over(told: Timeline) -> bool:
    return bool(told.tasks) and all(task.ended for task in told.tasks)


async def test_tasks_are_told_with_what_went_in_and_came_out(
    server: Installation, client: LangGraphClient, http: httpx.AsyncClient, thread_id: str
) -> None:
    """Whether a client streams modes of its own or the protocol's events."""
    value = {"steps": 2, "seconds": 0.1}
    made = await client.runs.create(thread_id, "steps", input=value)
    other = new_thread()
    followed = await start(http, other, "steps", input=value)
    await client.runs.join(thread_id, made["run_id"])
    await client.runs.join(other, followed)

    for run_id in (made["run_id"], followed):
        tasks = timeline(server, run_id).tasks

        assert [(task.node, task.step, task.result) for task in tasks] == [
            ("step", 1, {"done": [0]}),
            ("step", 2, {"done": [1]}),
        ]
        assert tasks[1].input == {**value, "done": [0]}
        assert all(task.ended and task.ended - task.began >= 90 for task in tasks)


async def test_a_failure_is_told_with_what_clients_do_not_see(
    server: Installation, client: LangGraphClient, thread_id: str
) -> None:
    made = await client.runs.create(thread_id, "failing", input={"how": "secretly"})
    await client.runs.join(thread_id, made["run_id"])

    told = timeline(server, made["run_id"])

    assert told.tasks[-1].node == "fail"
    assert "SecretError: the password" in str(told.tasks[-1].error)
    assert told.traceback is not None
    assert "in fail" in told.traceback
    assert "the password" not in str(await client.runs.get(thread_id, made["run_id"]))


async def test_tasks_of_subgraphs_are_told_where_they_are_streamed(
    server: Installation, client: LangGraphClient, thread_id: str
) -> None:
    made = await client.runs.create(thread_id, "nested", input={}, stream_subgraphs=True)
    await client.runs.join(thread_id, made["run_id"])

    tasks = timeline(server, made["run_id"]).tasks

    assert [(task.node, bool(task.namespace)) for task in tasks] == [
        ("outer", False),
        ("child", False),
        ("inner", True),
    ]


async def test_workers_count_how_long_the_runs_of_a_graph_wait_and_take(
    server: Installation, client: LangGraphClient, http: httpx.AsyncClient, thread_id: str
) -> None:
    await client.runs.wait(thread_id, "moody", input={})
    server.until(lambda: server.rows("SELECT FROM runs_minute WHERE graph_id = 'moody' AND minute > 'epoch'"))

    shown = (await http.get("/metrics")).text

    assert 'lg_api_run_wait_seconds_count{graph="moody"} 1.0' in shown
    assert 'lg_api_run_duration_seconds_bucket{graph="moody",le="+Inf"} 1.0' in shown

"""Create a run and wait for its result: 200 and headers at once, then newlines, then one JSON document."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient


async def wait(http: httpx.AsyncClient, thread_id: str | None, assistant_id: str, **body: Any) -> Any:
    path = f"/threads/{thread_id}/runs/wait" if thread_id else "/runs/wait"
    response = await http.post(path, json={"assistant_id": assistant_id, **body})
    assert response.status_code == 200, response.text
    return response.json()


async def test_the_answer_is_the_full_state(client: LangGraphClient, thread_id: str) -> None:
    assert await client.runs.wait(thread_id, "steps", input={"steps": 2}) == {"steps": 2, "done": [0, 1]}
    assert await client.runs.wait(thread_id, "steps", input={"steps": 2}) == {"steps": 2, "done": [0, 1, 2, 3]}


async def test_headers_say_where_the_run_is_and_where_to_join_it(http: httpx.AsyncClient, thread_id: str) -> None:
    response = await http.post(f"/threads/{thread_id}/runs/wait", json={"assistant_id": "echo", "input": {"said": 1}})
    location = response.headers["content-location"]
    assert re.fullmatch(rf"/threads/{thread_id}/runs/[0-9a-f-]{{36}}", location)
    assert response.headers["location"] == f"{location}/join"
    assert response.headers["content-type"] == "application/json"
    assert response.headers["transfer-encoding"] == "chunked"
    assert response.content == b'{"said":1,"count":1}'


async def test_headers_of_a_stateless_run_name_its_thread(http: httpx.AsyncClient) -> None:
    response = await http.post("/runs/wait", json={"assistant_id": "echo", "input": {"said": 1}})
    path = response.headers["content-location"]
    assert re.fullmatch(r"/threads/[0-9a-f-]{36}/runs/[0-9a-f-]{36}", path)
    assert response.headers["location"] == f"{path}/join"
    assert response.json() == {"said": 1, "count": 1}


async def test_newlines_keep_the_connection_alive_while_the_run_goes_on(http: httpx.AsyncClient) -> None:
    body = {"assistant_id": "sleepy", "input": {"seconds": 1.8}}
    async with http.stream("POST", "/runs/wait", json=body) as response:
        chunks = [chunk async for chunk in response.aiter_raw()]
    assert len([chunk for chunk in chunks if chunk == b"\n"]) >= 2
    assert b"".join(chunks).strip() == b'{"seconds":1.8,"slept":true}'


async def test_a_graph_that_raises_gives_an_error_document(http: httpx.AsyncClient, thread_id: str) -> None:
    told = {"__error__": {"error": "ValueError", "message": "boom!"}}
    assert await wait(http, thread_id, "failing", input={"how": "spoken"}) == told
    assert await wait(http, None, "failing", input={"how": "spoken"}) == told


async def test_the_sdk_raises_what_the_graph_raised(client: LangGraphClient, thread_id: str) -> None:
    with pytest.raises(Exception, match="ValueError: boom!"):
        await client.runs.wait(thread_id, "failing", input={"how": "spoken"})


@pytest.mark.parametrize("durability", ["async", "sync", "exit"])
async def test_a_state_that_postgres_refuses_fails_its_own_run_only(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, durability: str
) -> None:
    refused = wait(http, thread_id, "unwieldy", input={"said": "much"}, durability=durability)
    others = [await client.threads.create() for _ in range(8)]

    answer, *answers = await asyncio.gather(
        refused, *(wait(http, other["thread_id"], "echo", input={"said": n}) for n, other in enumerate(others))
    )

    assert answer["__error__"]["error"] == "CheckpointTooLarge"
    assert answer["__error__"]["message"].startswith("index row requires")
    assert answers == [{"said": n, "count": 1} for n in range(8)]
    assert (await client.threads.get(thread_id))["status"] == "error"
    assert await wait(http, thread_id, "echo", input={"said": "more"}) == {"said": "more", "count": 1}


async def test_a_failed_run_leaves_its_error_and_what_it_had_done(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "failing", input={"how": "spoken"}, raise_error=False)

    thread: Any = await client.threads.get(thread_id)
    (run,) = await client.runs.list(thread_id)
    state: Any = await client.threads.get_state(thread_id)

    assert run["status"] == "error"
    assert thread["status"] == "error"
    assert thread["error"] == {"error": "ValueError", "message": "boom!"}
    assert thread["values"] == {"how": "spoken", "before": "kept"}
    assert state["next"] == ["fail"]
    assert state["tasks"][0]["error"] == "ValueError('boom!')"


async def test_the_next_success_clears_the_threads_error(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "failing", input={"how": "spoken"}, raise_error=False)
    await client.runs.wait(thread_id, "echo", input={"said": 1})
    thread: Any = await client.threads.get(thread_id)
    assert (thread["status"], thread["error"]) == ("idle", None)


@pytest.mark.parametrize("modes", ["updates", ["updates", "custom"], "messages-tuple"])
async def test_without_values_among_the_modes_the_thread_answers(
    http: httpx.AsyncClient, thread_id: str, modes: Any
) -> None:
    assert await wait(http, thread_id, "echo", input={"said": 1}, stream_mode=modes) == {"said": 1, "count": 1}


async def test_without_values_a_thread_that_waits_answers_with_its_interrupts(
    http: httpx.AsyncClient, thread_id: str
) -> None:
    told = await wait(http, thread_id, "approval", input={}, stream_mode="updates")
    assert list(told) == ["__interrupt__"]
    assert [sorted(interrupt) for interrupt in told["__interrupt__"]] == [["id", "value"]]


async def test_without_values_a_failed_thread_answers_with_its_error(http: httpx.AsyncClient, thread_id: str) -> None:
    told = await wait(http, thread_id, "failing", input={"how": "spoken"}, stream_mode="updates")
    assert told == {"__error__": {"error": "ValueError", "message": "boom!"}}


async def test_without_values_a_stateless_run_answers_with_nothing(http: httpx.AsyncClient) -> None:
    assert await wait(http, None, "echo", input={"said": 1}, stream_mode="updates") == {}


async def test_no_input_goes_on_from_an_idle_state_and_changes_nothing(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "echo", input={"said": 1})
    assert await client.runs.wait(thread_id, "echo", input=None) == {"said": 1, "count": 1}


async def test_no_input_on_an_empty_thread_is_the_runs_error(http: httpx.AsyncClient, thread_id: str) -> None:
    told = await wait(http, thread_id, "echo")
    assert told == {"__error__": {"error": "EmptyInputError", "message": "Received no input for __start__"}}


async def test_a_command_writes_and_goes_where_it_is_told(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "echo", input={"said": 1})
    told = await client.runs.wait(thread_id, "echo", command={"update": {"said": 2}, "goto": "echo"})
    assert told == {"said": 2, "count": 2}


async def test_a_run_may_start_from_an_earlier_checkpoint(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "steps", input={"steps": 2}, durability="sync")
    first = await client.threads.get_state(thread_id)
    await client.runs.wait(thread_id, "steps", input={"steps": 2}, durability="sync")

    forked = await client.runs.wait(
        thread_id, "steps", input={"steps": 1}, checkpoint_id=first["checkpoint"]["checkpoint_id"]
    )

    assert forked == {"steps": 1, "done": [0, 1, 2]}
    assert (await client.threads.get_state(thread_id))["values"] == forked


async def test_the_recursion_limit_is_the_runs_error(http: httpx.AsyncClient, thread_id: str) -> None:
    told = await wait(http, thread_id, "steps", input={"steps": 9}, config={"recursion_limit": 3})
    assert told["__error__"]["error"] == "GraphRecursionError"
    assert told["__error__"]["message"].startswith("Recursion limit of 3 reached")

"""Runs that nobody waits for: created, listed, read, deleted."""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from assistants.builtin import assistant_id_of
from langgraph_server.config.loading import server_config
from tests.support.installation import Installation

ECHO = str(assistant_id_of("echo"))
NOWHERE = "00000000-0000-4000-8000-000000000000"


async def create(http: httpx.AsyncClient, thread_id: str, **body: Any) -> dict[str, Any]:
    response = await http.post(f"/threads/{thread_id}/runs", json={"assistant_id": "echo", "input": {}, **body})
    assert response.status_code == 200, response.text
    run: dict[str, Any] = response.json()
    return run


async def test_a_created_run_is_pending_and_shows_what_was_asked(http: httpx.AsyncClient, thread_id: str) -> None:
    body = {"assistant_id": "echo", "input": {"said": "hi"}, "metadata": {"m": 1}}
    response = await http.post(f"/threads/{thread_id}/runs", json=body)

    run = response.json()
    run_id = run["run_id"]
    assert response.status_code == 200
    assert response.headers["content-location"] == f"/threads/{thread_id}/runs/{run_id}"
    assert UUID(run_id).version == 7
    assert (run["thread_id"], run["assistant_id"], run["status"]) == (thread_id, ECHO, "pending")
    assert run["multitask_strategy"] == "enqueue"
    assert run["langsmith_session_name"] is None
    assert run["metadata"] == {"created_by": "system", "graph_id": "echo", "assistant_id": ECHO, "m": 1}
    configurable = run["kwargs"]["config"]["configurable"]
    assert (configurable["run_id"], configurable["thread_id"]) == (run_id, thread_id)
    assert (configurable["graph_id"], configurable["assistant_id"]) == ("echo", ECHO)
    assert run["kwargs"]["config"]["metadata"] == run["metadata"]
    rest = {key: value for key, value in run["kwargs"].items() if key != "config"}
    assert rest == {
        "input": {"said": "hi"},
        "command": None,
        "context": {},
        "stream_mode": ["values"],
        "interrupt_before": None,
        "interrupt_after": None,
        "webhook": None,
        "feedback_keys": None,
        "temporary": False,
        "subgraphs": False,
        "resumable": False,
        "checkpoint_during": True,
        "durability": "async",
    }


async def test_a_run_goes_from_pending_to_success(client: LangGraphClient, thread_id: str) -> None:
    run = await client.runs.create(thread_id, "echo", input={"said": "hi"})
    await client.runs.join(thread_id, run["run_id"])

    done = await client.runs.get(thread_id, run["run_id"])

    assert done["status"] == "success"
    assert done["updated_at"] > run["updated_at"]
    assert (await client.threads.get(thread_id))["values"] == {"said": "hi", "count": 1}


async def test_workers_are_woken_instead_of_finding_runs_by_their_poll(
    client: LangGraphClient, server: Installation
) -> None:
    async def come_now_and_then(gaps: random.Random) -> None:
        """Also while a worker looks around and when it has just stopped."""
        for _ in range(15):
            await asyncio.sleep(gaps.uniform(0, 0.04))
            await client.runs.wait(None, "echo", input={"said": "woken"})

    await asyncio.gather(*(come_now_and_then(random.Random(seed)) for seed in range(4)))
    delay = "extract(epoch FROM max(started_at - created_at))"
    latest = server.value(f"SELECT {delay} FROM runs_run WHERE kwargs #>> '{{input,said}}' = 'woken'")
    # The poll of this server is at 5 seconds.
    assert latest < 3


async def test_an_assistant_is_named_by_graph_or_by_uuid(http: httpx.AsyncClient, thread_id: str) -> None:
    by_graph = await create(http, thread_id, assistant_id="echo")
    by_uuid = await create(http, thread_id, assistant_id=ECHO)
    assert by_graph["assistant_id"] == by_uuid["assistant_id"] == ECHO


async def test_an_unknown_graph_is_refused_with_the_known_ones(http: httpx.AsyncClient, thread_id: str) -> None:
    response = await http.post(f"/threads/{thread_id}/runs", json={"assistant_id": "nope"})
    assert response.status_code == 422
    start = "Invalid assistant: 'nope'. Must be either:\n- A valid assistant UUID, or\n- One of the registered graphs: "
    assert response.json()["detail"].startswith(start)
    assert response.json()["detail"].endswith(", ".join(sorted(server_config().graphs)))


@pytest.mark.parametrize(("thread", "assistant"), [(NOWHERE, "echo"), ("", NOWHERE)])
async def test_an_unknown_thread_or_assistant_is_not_found(
    http: httpx.AsyncClient, thread_id: str, thread: str, assistant: str
) -> None:
    response = await http.post(f"/threads/{thread or thread_id}/runs", json={"assistant_id": assistant})
    assert response.status_code == 404
    assert response.json() == {"detail": "Thread or assistant not found."}


async def test_a_bad_thread_id_has_a_shorter_text_here(http: httpx.AsyncClient) -> None:
    response = await http.post("/threads/nope/runs", json={"assistant_id": "echo"})
    assert (response.status_code, response.json()) == (422, {"detail": "Invalid thread ID"})


async def test_a_missing_thread_is_made_if_asked_for(client: LangGraphClient) -> None:
    thread_id = str(uuid4())
    run = await client.runs.create(thread_id, "echo", input={"said": 1}, if_not_exists="create")
    await client.runs.join(thread_id, run["run_id"])
    assert (await client.threads.get(thread_id))["values"] == {"said": 1, "count": 1}


async def test_a_delayed_run_waits_in_the_future(client: LangGraphClient, thread_id: str) -> None:
    run: Any = await client.runs.create(thread_id, "echo", input={"said": 1}, after_seconds=2)
    delay = datetime.fromisoformat(run["created_at"]) - datetime.fromisoformat(run["updated_at"])
    assert timedelta(seconds=2) <= delay < timedelta(seconds=3)
    assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "pending"
    await client.runs.cancel(thread_id, run["run_id"])


async def test_a_delayed_run_starts_when_it_is_due(
    client: LangGraphClient, thread_id: str, server: Installation
) -> None:
    run = await client.runs.create(thread_id, "echo", input={"said": 1}, after_seconds=1)
    await client.runs.join(thread_id, run["run_id"])
    late = "SELECT extract(epoch FROM started_at - due_at), due_at = created_at FROM runs_run WHERE run_id = %s"
    ((seconds, on_time),) = server.rows(late, run["run_id"])
    assert on_time
    assert 0 <= seconds < 7  # nobody is woken for it, and the poll of this server is at 5 seconds


async def test_metadata_and_configuration_merge_from_thread_to_run(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread = await client.threads.create(metadata={"from": "thread", "both": "thread"})
    thread_id = thread["thread_id"]
    first = {"tags": ["t"], "recursion_limit": 50, "configurable": {"k": 1, "kept": True}}
    await create(http, thread_id, config=first)

    second = await create(http, thread_id, config={"configurable": {"k": 2}}, metadata={"both": "run"})

    config = second["kwargs"]["config"]
    assert (config["tags"], config["recursion_limit"]) == (["t"], 50)
    assert (config["configurable"]["k"], config["configurable"]["kept"]) == (2, True)
    assert (second["metadata"]["from"], second["metadata"]["both"]) == ("thread", "run")


async def test_context_and_configurable_mirror_each_other(http: httpx.AsyncClient, thread_id: str) -> None:
    by_context = await create(http, thread_id, context={"c": 1})
    assert by_context["kwargs"]["config"]["configurable"]["c"] == 1
    body = {"assistant_id": "echo", "context": {"c": 1}, "config": {"configurable": {"d": 1}}}
    response = await http.post(f"/threads/{thread_id}/runs", json=body)
    assert response.status_code == 400
    assert response.json()["detail"].startswith("Cannot specify both configurable and context.")


async def test_reserved_keys_disappear(http: httpx.AsyncClient, thread_id: str) -> None:
    configurable = {"langgraph_auth_user_id": "mallory", "__after_seconds__": 9, "thread_id": NOWHERE, "own": 1}
    metadata = {"run_id": "x", "own": 1}
    run = await create(http, thread_id, config={"configurable": configurable}, metadata=metadata)
    told = run["kwargs"]["config"]["configurable"]
    assert (told["langgraph_auth_user_id"], told["__after_seconds__"], told["own"]) == ("", 0, 1)
    assert told["thread_id"] == thread_id
    assert "run_id" not in run["metadata"]


async def test_a_request_id_surfaces_in_the_run(http: httpx.AsyncClient, thread_id: str) -> None:
    response = await http.post(
        f"/threads/{thread_id}/runs", json={"assistant_id": "echo"}, headers={"x-request-id": "mine"}
    )
    assert response.json()["kwargs"]["config"]["configurable"]["langgraph_request_id"] == "mine"


async def test_checkpoint_during_is_the_old_word_for_durability(http: httpx.AsyncClient, thread_id: str) -> None:
    old = await create(http, thread_id, checkpoint_during=False)
    both = await create(http, thread_id, checkpoint_during=False, durability="sync")
    assert (old["kwargs"]["durability"], both["kwargs"]["durability"]) == ("exit", "sync")


@pytest.mark.parametrize(("durability", "checkpoints"), [("sync", 4), ("async", 4), ("exit", 1)])
async def test_durability_says_which_checkpoints_are_stored(
    client: LangGraphClient, thread_id: str, server: Installation, durability: Any, checkpoints: int
) -> None:
    await client.runs.wait(thread_id, "steps", input={"steps": 2}, durability=durability)
    steps = server.rows(
        "SELECT metadata ->> 'step' FROM checkpoints WHERE thread_id = %s ORDER BY checkpoint_id", thread_id
    )
    assert [int(step) for (step,) in steps] == [-1, 0, 1, 2][-checkpoints:]


# --- list, get, delete


async def test_runs_are_listed_newest_first(http: httpx.AsyncClient, thread_id: str) -> None:
    ids = [(await create(http, thread_id, after_seconds=60))["run_id"] for _ in range(3)]

    async def listed(query: str) -> list[str]:
        return [run["run_id"] for run in (await http.get(f"/threads/{thread_id}/runs{query}")).json()]

    assert await listed("") == ids[::-1]
    assert await listed("?limit=1&offset=1") == [ids[1]]
    assert await listed("?limit=0") == []
    assert await listed("?status=pending") == ids[::-1]
    assert await listed("?status=success") == []
    assert await listed("?status=unheard-of") == []
    for run_id in ids:
        await http.post(f"/threads/{thread_id}/runs/{run_id}/cancel")


async def test_a_list_shows_only_what_is_selected(http: httpx.AsyncClient, thread_id: str) -> None:
    run = await create(http, thread_id)
    response = await http.get(f"/threads/{thread_id}/runs?select=run_id&select=thread_id")
    assert response.json() == [{"run_id": run["run_id"], "thread_id": thread_id}]
    bad = await http.get(f"/threads/{thread_id}/runs?select=zz")
    assert bad.status_code == 422
    assert bad.json()["detail"].startswith("Invalid select columns: ['zz']. Expected: {")


async def test_a_limit_must_be_a_number(http: httpx.AsyncClient, thread_id: str) -> None:
    response = await http.get(f"/threads/{thread_id}/runs?limit=abc")
    assert response.status_code == 400
    assert response.json() == {"detail": "invalid literal for int() with base 10: 'abc'"}


async def test_a_run_is_found_only_in_its_own_thread(http: httpx.AsyncClient, thread_id: str) -> None:
    run = await create(http, thread_id)
    other = (await http.post("/threads", json={})).json()["thread_id"]
    assert (await http.get(f"/threads/{thread_id}/runs/{run['run_id']}")).status_code == 200
    for path in (f"/threads/{other}/runs/{run['run_id']}", f"/threads/{thread_id}/runs/{NOWHERE}"):
        response = await http.get(path)
        assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})


async def test_a_bad_run_id_is_told(http: httpx.AsyncClient, thread_id: str) -> None:
    response = await http.get(f"/threads/{thread_id}/runs/nope")
    assert (response.status_code, response.json()) == (422, {"detail": "Invalid run ID: must be a UUID"})


async def test_a_deleted_run_is_gone_with_what_it_wrote(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, server: Installation
) -> None:
    await client.runs.wait(thread_id, "echo", input={"said": 0})
    run = await client.runs.create(thread_id, "echo", input={"said": 1})
    await client.runs.join(thread_id, run["run_id"])

    deleted = await http.delete(f"/threads/{thread_id}/runs/{run['run_id']}")
    again = await http.delete(f"/threads/{thread_id}/runs/{run['run_id']}")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (again.status_code, again.json()) == (404, {"detail": "Run not found"})
    assert (await client.threads.get_state(thread_id))["values"] == {"said": 0, "count": 1}
    shown = "SELECT values ->> 'said' FROM threads_thread WHERE thread_id = %s"
    server.until(lambda: server.value(shown, thread_id) == "0")


async def test_a_thread_without_its_only_run_is_empty_again(
    client: LangGraphClient, thread_id: str, server: Installation
) -> None:
    run = await client.runs.create(thread_id, "approval", input={})
    await client.runs.join(thread_id, run["run_id"])

    await client.runs.delete(thread_id, run["run_id"])

    assert await client.threads.get_history(thread_id) == []
    server.until(lambda: server.value("SELECT refresh_at IS NULL FROM threads_thread WHERE thread_id = %s", thread_id))
    thread: Any = await client.threads.get(thread_id)
    assert (thread["status"], thread["values"], thread["interrupts"], thread["error"]) == ("idle", None, {}, None)
    assert await client.runs.wait(thread_id, "echo", input={"said": 1}) == {"said": 1, "count": 1}


async def test_deleting_a_running_run_stops_it_and_frees_its_thread(
    client: LangGraphClient, thread_id: str, server: Installation
) -> None:
    run = await client.runs.create(thread_id, "steps", input={"steps": 100, "seconds": 0.1}, durability="sync")
    server.until(lambda: server.value("SELECT count(*) FROM checkpoints WHERE thread_id = %s", thread_id) > 3)

    await client.runs.delete(thread_id, run["run_id"])

    assert (await client.threads.get(thread_id))["status"] == "idle"
    left = server.value("SELECT count(*) FROM checkpoints WHERE thread_id = %s", thread_id)
    await client.runs.wait(None, "sleepy", input={"seconds": 0.5})
    assert server.value("SELECT count(*) FROM checkpoints WHERE thread_id = %s", thread_id) <= left


# --- stateless


async def test_a_stateless_run_is_created_in_the_background(http: httpx.AsyncClient, server: Installation) -> None:
    response = await http.post("/runs", json={"assistant_id": "echo", "input": {"said": 1}})
    run = response.json()
    assert response.status_code == 200
    assert response.headers["content-location"] == f"/runs/{run['run_id']}"
    assert run["kwargs"]["temporary"] is True
    server.until(lambda: server.count("run_id = %s AND status = 'success'", run["run_id"]))


async def test_a_stateless_run_may_keep_its_thread(client: LangGraphClient) -> None:
    run: Any = await client.runs.create(None, "echo", input={"said": 1}, on_completion="keep")
    assert run["kwargs"]["temporary"] is False
    await client.runs.join(run["thread_id"], run["run_id"])
    assert (await client.threads.get(run["thread_id"]))["values"] == {"said": 1, "count": 1}


async def test_a_stateless_run_cannot_resume(http: httpx.AsyncClient) -> None:
    response = await http.post("/runs", json={"assistant_id": "approval", "command": {"resume": "yes"}})
    assert (response.status_code, response.json()) == (400, {"detail": "You must provide a thread_id when resuming."})


async def test_a_stateless_run_leaves_no_checkpoints(client: LangGraphClient, server: Installation) -> None:
    run = await client.runs.create(None, "steps", input={"steps": 3})
    server.until(lambda: server.count("run_id = %s AND status = 'success'", run["run_id"]))
    assert server.value("SELECT count(*) FROM checkpoints WHERE thread_id = %s", run["thread_id"]) == 0

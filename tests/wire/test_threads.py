"""Threads come and go, are found, and show their state."""

import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.installation import Installation

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
NOWHERE = "00000000-0000-4000-8000-000000000000"
EMPTY_STATE: dict[str, Any] = {
    "values": {},
    "next": [],
    "tasks": [],
    "metadata": None,
    "created_at": None,
    "checkpoint": None,
    "parent_checkpoint": None,
    "interrupts": [],
    "checkpoint_id": None,
    "parent_checkpoint_id": None,
}


async def test_a_new_thread_is_idle_and_empty(http: httpx.AsyncClient) -> None:
    response = await http.post("/threads", json={"metadata": {"who": "me"}})

    thread = response.json()
    assert response.status_code == 200
    assert UUID(thread["thread_id"]).version == 7
    for instant in ("created_at", "updated_at", "state_updated_at"):
        assert INSTANT.fullmatch(thread.pop(instant))
    assert thread == {
        "thread_id": thread["thread_id"],
        "metadata": {"who": "me"},
        "status": "idle",
        "config": {},
        "values": None,
        "error": None,
        "interrupts": {},
    }


async def test_responses_are_compact_json_that_is_not_escaped(http: httpx.AsyncClient) -> None:
    response = await http.post("/threads", json={"metadata": {"name": "Zoë 🙂"}})
    assert response.headers["content-type"] == "application/json"
    assert '"metadata":{"name":"Zoë 🙂"}' in response.content.decode()


async def test_a_client_may_choose_the_id_and_spell_it_as_it_likes(http: httpx.AsyncClient) -> None:
    chosen = uuid4()
    response = await http.post("/threads", json={"thread_id": chosen.hex.upper()})
    assert response.json()["thread_id"] == str(chosen)
    assert (await http.get(f"/threads/{chosen.hex.upper()}")).json()["thread_id"] == str(chosen)


async def test_an_id_that_exists_is_a_conflict(http: httpx.AsyncClient, thread_id: str) -> None:
    response = await http.post("/threads", json={"thread_id": thread_id})
    assert response.status_code == 409
    assert response.json() == {"detail": f"Thread with ID {thread_id} already exists"}


async def test_do_nothing_returns_the_thread_that_exists_untouched(client: LangGraphClient) -> None:
    first = await client.threads.create(metadata={"a": 1})
    again = await client.threads.create(thread_id=first["thread_id"], metadata={"b": 2}, if_exists="do_nothing")
    assert again == first


async def test_reserved_metadata_disappears_and_graph_id_stays(client: LangGraphClient) -> None:
    metadata = {"thread_id": "x", "assistant_id": "x", "run_id": "x", "cron_id": "x", "graph_id": "echo", "own": 1}
    thread = await client.threads.create(metadata=metadata)
    assert thread["metadata"] == {"graph_id": "echo", "own": 1}


@pytest.mark.parametrize("path", ["", "/state", "/runs"])
async def test_an_unknown_thread_is_not_found(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(f"/threads/{NOWHERE}{path}")
    assert response.status_code == 404
    assert response.json() == {"detail": f"Thread with ID {NOWHERE} not found"}


@pytest.mark.parametrize("bad", ["nope", "123", "0" * 33, "%00", "é"])
async def test_an_id_in_the_path_must_be_a_uuid(http: httpx.AsyncClient, bad: str) -> None:
    response = await http.get(f"/threads/{bad}/state")
    assert response.status_code == 422
    assert response.json() == {"detail": "Invalid thread ID: must be a UUID"}


async def test_a_deleted_thread_is_gone(http: httpx.AsyncClient, thread_id: str) -> None:
    deleted = await http.delete(f"/threads/{thread_id}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    again = await http.delete(f"/threads/{thread_id}")
    assert again.status_code == 404
    assert again.json() == {"detail": f"Thread with ID {thread_id} not found"}


async def test_deleting_a_busy_thread_stops_its_run_for_good(
    client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    run = await client.runs.create(thread_id, "steps", input={"steps": 40, "seconds": 0.1}, durability="sync")
    server.until(lambda: server.value("SELECT count(*) FROM checkpoints WHERE thread_id = %s", thread_id) > 3)

    await client.threads.delete(thread_id)
    await client.runs.wait(None, "sleepy", input={"seconds": 0.5})

    assert server.count("run_id = %s", run["run_id"]) == 0
    for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
        assert server.value(f"SELECT count(*) FROM {table} WHERE thread_id = %s", thread_id) == 0


async def test_head_works_wherever_get_does(http: httpx.AsyncClient, thread_id: str) -> None:
    for path in ("/ok", "/info", f"/threads/{thread_id}", f"/threads/{thread_id}/state"):
        response = await http.head(path)
        assert (response.status_code, response.content) == (200, b""), path


# --- search


async def test_search_finds_by_metadata_status_and_id(client: LangGraphClient) -> None:
    mark = str(uuid4())
    made = [await client.threads.create(metadata={"mark": mark, "deep": {"n": n, "x": 1}}) for n in range(3)]
    ids = [thread["thread_id"] for thread in made]
    await client.runs.wait(ids[0], "approval", input={})

    by_depth = await client.threads.search(metadata={"mark": mark, "deep": {"n": 1}})
    interrupted = await client.threads.search(metadata={"mark": mark}, status="interrupted")
    by_id = await client.threads.search(ids=ids[1:], sort_by="thread_id", sort_order="asc")

    assert [thread["thread_id"] for thread in by_depth] == [ids[1]]
    assert [thread["thread_id"] for thread in interrupted] == [ids[0]]
    assert interrupted[0]["values"] == {"log": ["drafted"]}
    assert [i["value"] for found in interrupted[0]["interrupts"].values() for i in found] == [{"question": "send it?"}]
    assert [thread["thread_id"] for thread in by_id] == ids[1:]


async def test_search_pages_newest_first_and_tells_whether_more_follow(http: httpx.AsyncClient) -> None:
    mark = str(uuid4())
    ids = [(await http.post("/threads", json={"metadata": {"mark": mark}})).json()["thread_id"] for _ in range(5)]

    async def page(limit: int, offset: int) -> tuple[list[str], str | None, str | None]:
        body = {"metadata": {"mark": mark}, "limit": limit, "offset": offset, "select": ["thread_id"]}
        response = await http.post("/threads/search", json=body)
        told = response.headers.get("x-pagination-total"), response.headers.get("x-pagination-next")
        return [row["thread_id"] for row in response.json()], *told

    assert await page(2, 0) == ([ids[4], ids[3]], "3", "2")
    assert await page(2, 2) == ([ids[2], ids[1]], "5", "4")
    assert await page(2, 4) == ([ids[0]], "5", None)
    assert await page(2, 500) == ([], "500", None)


async def test_search_shows_only_what_is_selected(client: LangGraphClient, thread_id: str) -> None:
    row: Any
    (row,) = await client.threads.search(ids=[thread_id], select=["status", "thread_id"])
    assert row == {"thread_id": thread_id, "status": "idle"}


async def test_search_does_not_list_threads_of_stateless_runs(client: LangGraphClient, server: Installation) -> None:
    before = {thread["thread_id"] for thread in await client.threads.search(limit=1000)}
    await client.runs.wait(None, "echo", input={"said": 1})
    assert {thread["thread_id"] for thread in await client.threads.search(limit=1000)} == before
    assert server.value("SELECT count(*) FROM threads_thread WHERE temporary") > 0


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"ids": ["bad"]}, 400, "Invalid thread ID bad"),
        ({"limit": 0}, 422, "limit"),
        ({"limit": 1001}, 422, "limit"),
        ({"limit": "5"}, 422, "limit"),
        ({"offset": -1}, 422, "offset"),
        ({"offset": 2**40}, 422, "offset"),
        ({"status": "sleeping"}, 422, "status"),
        ({"sort_by": "metadata"}, 422, "sort_by"),
        ({"sort_by": "error; DROP TABLE threads_thread"}, 422, "sort_by"),
        ({"select": ["error"]}, 422, "select"),
        ({"metadata": []}, 422, "metadata"),
    ],
)
async def test_search_refuses_what_it_does_not_know(
    http: httpx.AsyncClient, body: dict[str, object], status: int, detail: str
) -> None:
    response = await http.post("/threads/search", json=body)
    assert response.status_code == status
    assert detail in response.json()["detail"]


# --- what a run leaves


async def test_a_thread_is_busy_from_the_moment_its_run_is_created(client: LangGraphClient, thread_id: str) -> None:
    run = await client.runs.create(thread_id, "echo", input={"said": 1}, after_seconds=60)

    thread: Any = await client.threads.get(thread_id)

    assert thread["status"] == "busy"
    assert thread["metadata"]["graph_id"] == "echo"
    assert thread["metadata"]["assistant_id"] == run["assistant_id"]
    await client.runs.cancel(thread_id, run["run_id"])


async def test_values_change_when_the_run_ends(client: LangGraphClient, thread_id: str, server: Installation) -> None:
    await client.runs.wait(thread_id, "steps", input={"steps": 2})
    run = await client.runs.create(thread_id, "steps", input={"steps": 8, "seconds": 0.15}, durability="sync")
    server.until(lambda: server.value("SELECT count(*) FROM checkpoints WHERE thread_id = %s", thread_id) > 8)

    meanwhile: Any = await client.threads.get(thread_id)
    await client.runs.join(thread_id, run["run_id"])

    assert (meanwhile["status"], meanwhile["values"]["done"]) == ("busy", [0, 1])
    after: Any = await client.threads.get(thread_id)
    assert (after["status"], after["values"]["done"]) == ("idle", list(range(8)))
    assert after["state_updated_at"] > meanwhile["state_updated_at"]


async def test_a_thread_without_runs_has_an_empty_state(http: httpx.AsyncClient, thread_id: str) -> None:
    response = await http.get(f"/threads/{thread_id}/state")
    assert (response.status_code, response.json()) == (200, EMPTY_STATE)


async def test_the_state_after_a_run_is_that_of_its_last_checkpoint(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "steps", input={"steps": 3})

    state: Any = await client.threads.get_state(thread_id)

    assert state["values"] == {"steps": 3, "done": [0, 1, 2]}
    assert (state["next"], state["tasks"], state["interrupts"]) == ([], [], [])
    checkpoint_id = state["checkpoint"]["checkpoint_id"]
    assert state["checkpoint"] == {"checkpoint_id": checkpoint_id, "thread_id": thread_id, "checkpoint_ns": ""}
    assert state["checkpoint_id"] == checkpoint_id
    assert (state["metadata"] or {})["source"] == "loop"
    assert (state["metadata"] or {})["step"] == 3
    assert (state["metadata"] or {})["run_attempt"] == 1


async def test_an_earlier_state_is_read_by_its_checkpoint(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "steps", input={"steps": 3}, durability="sync")
    last: Any = await client.threads.get_state(thread_id)
    parent = last["parent_checkpoint"]
    assert parent is not None

    before: Any = await client.threads.get_state(thread_id, checkpoint_id=parent["checkpoint_id"])

    assert before["values"]["done"] == [0, 1]
    assert before["next"] == ["step"]


@pytest.mark.parametrize("unknown", [NOWHERE, "nonsense"])
async def test_an_unknown_checkpoint_is_an_empty_state(client: LangGraphClient, thread_id: str, unknown: str) -> None:
    await client.runs.wait(thread_id, "echo", input={"said": 1})
    state = await client.http.get(f"/threads/{thread_id}/state/{unknown}")
    assert (state["values"], state["next"], state["tasks"], state["metadata"]) == ({}, [], [], None)
    assert (state["created_at"], state["checkpoint_id"]) == (None, unknown)

"""What a client does to whole threads: their life span, their metadata, copies, pruning, finding by values."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.installation import Installation

NOWHERE = "00000000-0000-4000-8000-000000000000"
TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")


async def find(http: httpx.AsyncClient, **body: Any) -> Any:
    response = await http.post("/threads/search", json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def asked(client: LangGraphClient, **fields: Any) -> str:
    """A thread whose graph waits for a person."""
    thread_id = (await client.threads.create(**fields))["thread_id"]
    await client.runs.wait(thread_id, "approval", input={})
    return thread_id


# --- ttl


async def test_a_wished_life_span_is_shown_to_who_asks_for_it(http: httpx.AsyncClient) -> None:
    made = (await http.post("/threads", json={"ttl": {"ttl": 2.5, "strategy": "keep_latest"}})).json()
    path = f"/threads/{made['thread_id']}"

    shown = (await http.get(path, params={"include": "ttl"})).json()

    assert "ttl" not in made
    assert "ttl" not in (await http.get(path)).json()
    assert (shown["ttl"]["strategy"], shown["ttl"]["ttl_minutes"]) == ("keep_latest", 2.5)
    expires = datetime.fromisoformat(shown["ttl"]["expires_at"])
    assert expires - datetime.fromisoformat(shown["updated_at"]) == timedelta(minutes=2.5)
    assert expires > datetime.now(UTC)


async def test_a_life_span_without_a_strategy_ends_with_deletion(client: LangGraphClient) -> None:
    made = await client.threads.create(ttl=30)
    shown: Any = await client.threads.get(made["thread_id"], include=["ttl"])
    assert (shown["ttl"]["strategy"], shown["ttl"]["ttl_minutes"]) == ("delete", 30)


async def test_a_patch_changes_the_life_span_and_leaves_the_metadata(client: LangGraphClient) -> None:
    made = await client.threads.create(metadata={"a": 1}, ttl=30)
    await client.threads.update(made["thread_id"], metadata={}, ttl=5)
    shown: Any = await client.threads.get(made["thread_id"], include=["ttl"])
    assert (shown["ttl"]["ttl_minutes"], shown["metadata"]) == (5, {"a": 1})


async def test_a_thread_without_a_life_span_shows_none(client: LangGraphClient, thread_id: str) -> None:
    shown: Any = await client.threads.get(thread_id, include=["ttl"])
    assert shown["ttl"] is None


@pytest.mark.parametrize("ttl", [5, "5", {"strategy": "x"}, {"ttl": -1}, {"ttl": "soon"}])
async def test_a_life_span_must_make_sense(http: httpx.AsyncClient, thread_id: str, ttl: object) -> None:
    assert (await http.post("/threads", json={"ttl": ttl})).status_code == 422
    assert (await http.patch(f"/threads/{thread_id}", json={"ttl": ttl})).status_code == 422


# --- patch


async def test_a_patch_replaces_top_level_keys_and_removes_none(client: LangGraphClient) -> None:
    made = await client.threads.create(metadata={"deep": {"a": 1}, "kept": 1})
    patched = await client.threads.update(made["thread_id"], metadata={"deep": {"b": 2}, "none": None})
    assert patched["metadata"] == {"deep": {"b": 2}, "kept": 1, "none": None}
    assert (await client.threads.get(made["thread_id"]))["metadata"] == patched["metadata"]


async def test_a_patch_is_a_change_of_the_thread_but_not_of_its_state(client: LangGraphClient, thread_id: str) -> None:
    before: Any = await client.threads.get(thread_id)
    after: Any = await client.threads.update(thread_id, metadata={"a": 1})
    assert after["updated_at"] > before["updated_at"]
    assert after["state_updated_at"] == before["state_updated_at"]


async def test_a_patch_cannot_set_reserved_keys(client: LangGraphClient, thread_id: str) -> None:
    metadata = {"thread_id": "x", "assistant_id": "x", "run_id": "x", "cron_id": "x", "graph_id": "echo", "own": 1}
    assert (await client.threads.update(thread_id, metadata=metadata))["metadata"] == {"graph_id": "echo", "own": 1}


@pytest.mark.parametrize(("prefer", "status"), [("return=minimal", 204), ("return=representation", 200)])
async def test_who_prefers_it_gets_no_answer_to_a_patch(
    http: httpx.AsyncClient, thread_id: str, prefer: str, status: int
) -> None:
    response = await http.patch(f"/threads/{thread_id}", json={"metadata": {"a": 1}}, headers={"prefer": prefer})
    assert (response.status_code, response.content == b"") == (status, status == 204)
    assert (await http.get(f"/threads/{thread_id}")).json()["metadata"] == {"a": 1}


async def test_patching_nobody_is_simply_not_found(http: httpx.AsyncClient) -> None:
    response = await http.patch(f"/threads/{NOWHERE}", json={"metadata": {}})
    assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})


# --- count and search


async def test_count_counts_what_search_finds(client: LangGraphClient) -> None:
    mark = str(uuid4())
    for n in range(3):
        await client.threads.create(metadata={"mark": mark, "n": n})
    waiting = await asked(client, metadata={"mark": mark})

    assert await client.threads.count(metadata={"mark": mark}) == 4
    assert await client.threads.count(metadata={"mark": mark, "n": 1}) == 1
    assert await client.threads.count(metadata={"mark": mark}, status="interrupted") == 1
    assert await client.threads.count(metadata={"mark": mark}, values={"log": ["drafted"]}) == 1
    assert await client.threads.count(metadata={"mark": mark}, values={"log": ["other"]}) == 0
    (found,) = await client.threads.search(metadata={"mark": mark}, values={"log": ["drafted"]})
    assert found["thread_id"] == waiting


async def test_no_ids_mean_no_restriction(http: httpx.AsyncClient) -> None:
    mark = str(uuid4())
    await http.post("/threads", json={"metadata": {"mark": mark}})
    assert len(await find(http, metadata={"mark": mark}, ids=[])) == 1
    assert await find(http, metadata={"mark": mark}, ids=[NOWHERE]) == []


@pytest.mark.parametrize("column", ["created_at", "updated_at", "thread_id"])
async def test_search_sorts_both_ways(http: httpx.AsyncClient, column: str) -> None:
    mark = {"mark": str(uuid4())}
    ids = [(await http.post("/threads", json={"metadata": mark})).json()["thread_id"] for _ in range(4)]

    async def sorted_by(order: str) -> list[str]:
        rows = await find(http, metadata=mark, sort_by=column, sort_order=order)
        return [row["thread_id"] for row in rows]

    assert await sorted_by("asc") == ids
    assert await sorted_by("desc") == ids[::-1]


async def test_extract_follows_paths_beside_whatever_is_selected(
    http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    thread_id = await asked(client, metadata={"deep": {"list": [1, {"x": "y"}]}, "_private": 1})
    paths = {
        "last": "values.log[-1]",
        "first": "values.log[0]",
        "graph": "metadata.graph_id",
        "deep": "metadata.deep.list[1].x",
        "beyond": "values.log[7]",
        "missing": "values.nope.x",
        "hidden": "metadata._private",
        "whole": "values",
    }
    (row,) = await find(http, ids=[thread_id], select=["thread_id"], extract=paths)
    assert row == {
        "thread_id": thread_id,
        "extracted": {
            "last": "drafted",
            "first": "drafted",
            "graph": "approval",
            "deep": "y",
            "beyond": None,
            "missing": None,
            "hidden": None,
            "whole": {"log": ["drafted"]},
        },
    }


@pytest.mark.parametrize(
    ("extract", "detail"),
    [
        ({"status": "values.x"}, "Extract keys cannot use reserved field names: ['status']"),
        ({"a-b": "values.x"}, "Extract key 'a-b' must be a valid identifier (letters, digits, underscores)"),
        ({"a": "foo.x"}, "Extract path 'foo.x' must start with one of: config, interrupts, metadata, values"),
        ({"a": ""}, "Extract path for 'a' must be a non-empty string"),
        ({"a": 5}, "Extract path for 'a' must be a non-empty string"),
        ({f"a{n}": "values" for n in range(11)}, "10"),
    ],
)
async def test_extract_refuses_what_it_cannot_follow(
    http: httpx.AsyncClient, extract: dict[str, object], detail: str
) -> None:
    response = await http.post("/threads/search", json={"extract": extract})
    assert response.status_code == 422
    assert detail in response.json()["detail"]


# --- copy


async def test_a_copy_goes_on_by_itself(client: LangGraphClient) -> None:
    source = await asked(client, metadata={"mine": 1})
    before = await client.threads.get_history(source, limit=10)

    copied: Any = await client.threads.copy(source)  # type: ignore[func-returns-value]  # it does
    history = await client.threads.get_history(copied["thread_id"], limit=10)
    told = await client.runs.wait(copied["thread_id"], "approval", command={"resume": "yes"})

    assert UUID(copied["thread_id"]).version == 4
    assert copied["metadata"]["mine"] == 1
    assert copied["config"] == {}
    assert [state["values"] for state in history] == [state["values"] for state in before]
    assert {state["checkpoint"]["thread_id"] for state in history} == {copied["thread_id"]}
    assert {(state["metadata"] or {})["thread_id"] for state in history} == {copied["thread_id"]}
    assert told == {"log": ["drafted", "answered yes"]}
    assert await client.threads.get_history(source, limit=10) == before
    assert len(await client.runs.list(copied["thread_id"])) == 1


async def test_a_copy_shows_the_state_that_it_has(client: LangGraphClient) -> None:
    copied: Any = await client.threads.copy(await asked(client))  # type: ignore[func-returns-value]  # it does
    shown = await client.threads.get(copied["thread_id"])
    assert (shown["status"], shown["values"]) == ("interrupted", {"log": ["drafted"]})
    assert [i["value"] for found in shown["interrupts"].values() for i in found] == [{"question": "send it?"}]


async def test_a_copy_outlives_its_source(client: LangGraphClient) -> None:
    source = await asked(client)
    copied: Any = await client.threads.copy(source)  # type: ignore[func-returns-value]  # it does
    await client.threads.delete(source)
    assert (await client.threads.get_state(copied["thread_id"]))["values"] == {"log": ["drafted"]}


async def test_copying_nobody_is_a_conflict(http: httpx.AsyncClient) -> None:
    unknown, malformed = await http.post(f"/threads/{NOWHERE}/copy"), await http.post("/threads/nope/copy")
    assert (unknown.status_code, unknown.json()) == (409, {"detail": "Conflict"})
    assert (malformed.status_code, malformed.json()) == (400, {"detail": "badly formed hexadecimal UUID string"})


# --- prune


async def test_pruning_deletes_threads_with_all_they_hold(client: LangGraphClient, server: Installation) -> None:
    ids = [await asked(client) for _ in range(2)]
    kept = await asked(client)

    told: Any = await client.threads.prune([*ids, NOWHERE], strategy="delete")

    assert told == {"pruned_count": 2}
    assert [thread["thread_id"] for thread in await client.threads.search(ids=[*ids, kept])] == [kept]
    for table in TABLES:
        assert server.value(f"SELECT count(*) FROM {table} WHERE thread_id = ANY(%s)", ids) == 0


async def test_keeping_the_latest_forgets_the_history_and_not_the_state(client: LangGraphClient) -> None:
    thread_id = await asked(client)
    before = await client.threads.get_state(thread_id)
    assert len(await client.threads.get_history(thread_id, limit=10)) == 3

    told: Any = await client.threads.prune([thread_id], strategy="keep_latest")

    after = await client.threads.get_state(thread_id)
    assert told == {"pruned_count": 1}
    assert len(await client.threads.get_history(thread_id, limit=10)) == 1
    assert (after["values"], after["next"], after["interrupts"]) == (
        before["values"],
        before["next"],
        before["interrupts"],
    )
    assert after["checkpoint"] == before["checkpoint"]
    told = await client.runs.wait(thread_id, "approval", command={"resume": "yes"})
    assert told == {"log": ["drafted", "answered yes"]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"thread_ids": []}, 200),
        ({"thread_ids": ["nope"]}, 422),
        ({"thread_ids": [], "strategy": "x"}, 422),
        ({}, 422),
    ],
)
async def test_pruning_nothing_in_particular(http: httpx.AsyncClient, body: dict[str, object], status: int) -> None:
    response = await http.post("/threads/prune", json=body)
    assert response.status_code == status
    assert status == 422 or response.json() == {"pruned_count": 0}


# --- storage


async def test_storage_tells_what_a_thread_holds(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    thread_id = await asked(client)
    told = (await http.get(f"/threads/{thread_id}/storage")).json()
    log = told["channel_values"]["by_channel"]["log"]
    assert told["thread_id"] == thread_id
    assert told["checkpoints"]["count"] == 3
    assert log["versions"] >= 1
    assert told["pending_writes"]["count"] > 0
    parts = [told[part]["bytes"] for part in ("checkpoints", "channel_values", "pending_writes")]
    assert told["total_bytes"] == sum(parts)
    assert all(parts)


async def test_an_empty_thread_holds_nothing(http: httpx.AsyncClient, thread_id: str) -> None:
    told = (await http.get(f"/threads/{thread_id}/storage")).json()
    assert told["total_bytes"] == told["checkpoints"]["count"] == told["pending_writes"]["count"] == 0
    assert told["channel_values"] == {"count": 0, "bytes": 0, "by_channel": {}}
    assert (await http.get(f"/threads/{NOWHERE}/storage")).status_code == 404


# --- threads that bring a history along


async def test_supersteps_become_the_history_of_a_new_thread(client: LangGraphClient) -> None:
    supersteps: Any = [
        {"updates": [{"values": {"said": 1}, "as_node": "__start__"}]},
        {"updates": [{"values": {"count": 7}, "as_node": "echo"}]},
    ]
    made: Any = await client.threads.create(graph_id="echo", supersteps=supersteps)

    history = await client.threads.get_history(made["thread_id"], limit=10)

    assert (made["values"], made["status"]) == ({"said": 1, "count": 7}, "idle")
    assert [(state["metadata"] or {})["step"] for state in history] == [1, 0]
    assert {(state["metadata"] or {})["source"] for state in history} == {"update"}
    assert await client.runs.wait(made["thread_id"], "echo", input={}) == {"said": 1, "count": 8}


async def test_supersteps_need_a_graph(http: httpx.AsyncClient) -> None:
    update = {"updates": [{"values": {"said": 1}, "as_node": "__start__"}]}
    response = await http.post("/threads", json={"supersteps": [update]})
    detail = response.json()["detail"]
    assert response.status_code == 201
    assert "was created, but there were problems updating the state" in detail
    assert "has no assigned graph ID" in detail


async def test_supersteps_of_an_unknown_node_are_refused(http: httpx.AsyncClient) -> None:
    update = {"updates": [{"values": {}, "as_node": "zzz"}]}
    body = {"metadata": {"graph_id": "echo"}, "supersteps": [update]}
    response = await http.post("/threads", json=body)
    assert (response.status_code, response.json()) == (400, {"detail": "Node zzz does not exist"})


# --- routes


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/threads/search", "POST"),
        ("DELETE", "/threads/count", "POST"),
        ("PATCH", "/threads/prune", "POST"),
        ("POST", f"/threads/{NOWHERE}", "GET, PATCH, DELETE"),
        ("GET", "/threads", "POST"),
        ("PUT", f"/threads/{NOWHERE}/runs", "GET, POST"),
    ],
)
async def test_a_word_of_the_api_is_no_thread(http: httpx.AsyncClient, method: str, path: str, allowed: str) -> None:
    response = await http.request(method, path)
    assert (response.status_code, response.json()) == (405, {"detail": "Method Not Allowed"})
    assert response.headers["allow"] == allowed


async def test_a_thread_can_be_asked_for_without_its_body(http: httpx.AsyncClient, thread_id: str) -> None:
    there, missing = await http.head(f"/threads/{thread_id}"), await http.head(f"/threads/{NOWHERE}")
    assert (there.status_code, there.content) == (200, b"")
    assert (missing.status_code, missing.content) == (404, b"")

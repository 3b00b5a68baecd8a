"""Assistants come, change, go back and go, and say what their graphs look like."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient

from assistants.builtin import assistant_id_of
from langgraph_server.config.loading import server_config
from tests.graphs.unwieldy import LONG
from tests.support.installation import Installation
from tests.wire.test_threads import INSTANT, NOWHERE

BOTH = (
    "Cannot specify both configurable and context. Prefer setting context alone. Context was introduced in LangGraph "
    "0.6.0 and is the long term planned replacement for configurable."
)
BAD_ID = {"detail": "Invalid assistant ID: must be a UUID"}


@pytest_asyncio.fixture(autouse=True)
async def _others_see_system_assistants_only(client: LangGraphClient) -> AsyncIterator[None]:
    yield
    for assistant in await client.assistants.search(limit=1000):
        if (assistant["metadata"] or {}).get("created_by") != "system":
            await client.assistants.delete(assistant["assistant_id"])


@pytest.fixture
def unknown_graph() -> str:
    return f"Graph 'nope' not found. Expected one of: {sorted(server_config().graphs)}"


async def test_a_new_assistant_shows_all_it_was_given(client: LangGraphClient) -> None:
    assistant_id = str(uuid4())
    config: Any = {"configurable": {"m": "x", "langgraph_auth_user": 1}, "tags": ["t"], "recursion_limit": 7, "own": 1}
    made: Any = await client.assistants.create(
        "echo",
        config,
        metadata={"a": 1, "run_id": "forged", "graph_id": "kept"},
        assistant_id=assistant_id,
        name="N1",
        description="d",
    )

    assert list(made) == [
        "assistant_id", "graph_id", "config", "context", "metadata",
        "name", "created_at", "updated_at", "version", "description",
    ]  # fmt: skip
    assert INSTANT.fullmatch(made["created_at"])
    assert made["created_at"] == made["updated_at"]
    assert made["config"] == {"configurable": {"m": "x"}, "tags": ["t"], "recursion_limit": 7, "own": 1}
    assert (made["context"], made["metadata"]) == ({"m": "x"}, {"a": 1, "graph_id": "kept"})
    assert (made["version"], made["name"], made["description"]) == (1, "N1", "d")
    assert await client.assistants.get(assistant_id) == made


async def test_a_bare_assistant_has_defaults(http: httpx.AsyncClient) -> None:
    response = await http.post("/assistants", json={"graph_id": "echo", "name": ""})
    made = response.json()
    assert response.status_code == 200
    assert UUID(made["assistant_id"]).version == 4
    assert (made["name"], made["description"], made["config"], made["context"], made["metadata"]) == (
        "Untitled", None, {}, {}, {}
    )  # fmt: skip


async def test_context_and_configurable_mirror_each_other(http: httpx.AsyncClient) -> None:
    async def create(**body: Any) -> httpx.Response:
        return await http.post("/assistants", json={"graph_id": "echo", **body})

    by_context = (await create(config={"tags": ["t"], "configurable": {}}, context={"b": 1})).json()
    both = await create(config={"configurable": {"a": 1}}, context={"b": 1})

    assert by_context["config"] == {"tags": ["t"], "configurable": {"b": 1}}
    assert by_context["context"] == {"b": 1}
    assert (both.status_code, both.json()) == (400, {"detail": BOTH})


async def test_an_id_is_given_once(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    made = await client.assistants.create("echo", name="first")
    again: Any = await client.assistants.create(
        "chat", assistant_id=made["assistant_id"], name="second", if_exists="do_nothing"
    )
    refused = await http.post("/assistants", json={"graph_id": "chat", "assistant_id": made["assistant_id"]})

    assert again == made
    assert refused.status_code == 409
    assert refused.json() == {"detail": f"Assistant {made['assistant_id']} already exists"}


async def test_a_name_that_fits_into_no_index_is_refused(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    made = await client.assistants.create("echo", name="short")

    answers = [
        await http.post("/assistants", json={"graph_id": "echo", "name": LONG}),
        await http.patch(f"/assistants/{made['assistant_id']}", json={"name": LONG}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert [answer.json() for answer in answers] == [
        {"detail": "Something in the request is too large to be stored"}
    ] * 2
    assert (await client.assistants.get(made["assistant_id"]))["name"] == "short"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"graph_id": None},
        {"graph_id": "echo", "assistant_id": None},
        {"graph_id": "echo", "config": None},
        {"graph_id": "echo", "context": None},
        {"graph_id": "echo", "metadata": None},
        {"graph_id": "echo", "name": None},
        {"graph_id": "echo", "name": 5},
        {"graph_id": "echo", "description": 5},
        {"graph_id": "echo", "config": {"recursion_limit": "x"}},
        {"graph_id": "echo", "config": {"tags": [1]}},
        {"graph_id": "echo", "config": {"configurable": 5}},
        {"graph_id": "echo", "if_exists": "x"},
        [],
    ],
    ids=str,
)
async def test_what_cannot_be_created_is_refused(http: httpx.AsyncClient, body: Any) -> None:
    assert (await http.post("/assistants", json=body)).status_code == 422


async def test_unknown_graphs_are_told(http: httpx.AsyncClient, unknown_graph: str) -> None:
    system = assistant_id_of("echo")
    for method, path in [
        ("POST", "/assistants"),
        ("PATCH", f"/assistants/{system}"),
        ("POST", "/assistants/search"),
        ("POST", "/assistants/count"),
    ]:
        response = await http.request(method, path, json={"graph_id": "nope"})
        assert (response.status_code, response.json()) == (404, {"detail": unknown_graph}), path


async def test_every_change_is_a_version_above_all_others(client: LangGraphClient) -> None:
    made = await client.assistants.create("echo", context={"c": 1}, metadata={"a": 1}, name="one")
    key = made["assistant_id"]
    second = await client.assistants.update(key, metadata={"b": 2, "run_id": "forged"}, name="two")
    third = await client.assistants.update(key, graph_id="chat", context={"c": 3}, description="told")
    back = await client.assistants.set_latest(key, 1)
    fourth = await client.assistants.update(key)
    listed: Any = await client.assistants.get_versions(key)

    assert (second["version"], second["metadata"], second["name"]) == (2, {"a": 1, "b": 2}, "two")
    assert (third["graph_id"], third["config"], third["description"]) == ("chat", {"configurable": {"c": 3}}, "told")
    assert {**back, "updated_at": ""} == {**made, "updated_at": ""}
    assert back["updated_at"] > third["updated_at"]
    assert (fourth["version"], fourth["name"]) == (4, "one")
    assert [version["version"] for version in listed] == [4, 3, 2, 1]
    assert list(listed[0]) == [
        "assistant_id", "version", "graph_id", "config", "context", "metadata", "created_at", "name", "description"
    ]  # fmt: skip
    assert listed[2]["created_at"] == second["updated_at"]


async def test_versions_are_paged_and_filtered(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    key = (await client.assistants.create("echo"))["assistant_id"]
    for n in range(3):
        await client.assistants.update(key, metadata={"n": n})

    page = await client.assistants.get_versions(key, limit=2, offset=1)
    filtered = await client.assistants.get_versions(key, metadata={"n": 0})

    assert [version["version"] for version in page] == [3, 2]
    assert [version["version"] for version in filtered] == [2]
    for body in ({"offset": 100}, {"metadata": {"no": 1}}):
        response = await http.post(f"/assistants/{key}/versions", json=body)
        assert (response.status_code, response.json()) == (404, {"detail": f"Assistant {key} not found"})


async def test_config_and_context_change_together(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    key = (await client.assistants.create("echo", {"configurable": {"m": 1}, "tags": ["t"]}))["assistant_id"]

    async def patched(**body: Any) -> tuple[Any, Any]:
        changed = (await http.patch(f"/assistants/{key}", json=body)).json()
        return changed["config"], changed["context"]

    assert await patched(config={}) == ({"configurable": {"m": 1}, "tags": ["t"]}, {"m": 1})
    assert await patched(config={"configurable": {"z": 1}}) == ({"configurable": {"z": 1}}, {"z": 1})
    assert await patched(config={"tags": ["q"]}) == ({"tags": ["q"]}, {"z": 1})
    assert await patched(context={"c": 1}) == ({"configurable": {"c": 1}}, {"c": 1})
    assert await patched(context={}) == ({}, {})
    emptied = (await http.patch(f"/assistants/{key}", json={"name": "", "description": ""})).json()
    assert (emptied["name"], emptied["description"]) == ("", "")
    refused = await http.patch(f"/assistants/{key}", json={"config": {"configurable": {"a": 1}}, "context": {"b": 1}})
    assert (refused.status_code, refused.json()) == (400, {"detail": BOTH})


async def test_what_is_not_there_is_told(http: httpx.AsyncClient) -> None:
    missing, deleted = f"Assistant {NOWHERE} not found", f"Assistant with ID {NOWHERE} not found"
    key = assistant_id_of("echo")
    for method, path, body, told in [
        ("GET", f"/assistants/{NOWHERE}", None, "Not Found"),
        ("PATCH", f"/assistants/{NOWHERE}", {}, missing),
        ("DELETE", f"/assistants/{NOWHERE}", None, deleted),
        ("POST", f"/assistants/{NOWHERE}/versions", {}, missing),
        ("POST", f"/assistants/{NOWHERE}/latest", {"version": 1}, missing),
        ("POST", f"/assistants/{key}/latest", {"version": 99}, f"Version 99 not found for assistant {key}"),
        ("POST", f"/assistants/{key}/latest", {"version": 2**40}, f"Version {2**40} not found for assistant {key}"),
        ("POST", f"/assistants/{key}/latest", {}, f"Version None not found for assistant {key}"),
        ("GET", f"/assistants/{NOWHERE}/graph", None, "Not Found"),
        ("GET", f"/assistants/{NOWHERE}/schemas", None, "Not Found"),
        ("GET", f"/assistants/{NOWHERE}/subgraphs", None, "Not Found"),
    ]:
        response = await http.request(method, path, json=body)
        assert (response.status_code, response.json()) == (404, {"detail": told}), path


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/versions"), ("POST", "/latest"),
        ("GET", "/schemas"), ("GET", "/subgraphs"), ("GET", "/subgraphs/inner"),
    ],
)  # fmt: skip
async def test_an_id_must_be_a_uuid(http: httpx.AsyncClient, method: str, path: str) -> None:
    for name in ("echo", "nope"):
        response = await http.request(method, f"/assistants/{name}{path}", json={})
        assert (response.status_code, response.json()) == (422, BAD_ID)


async def test_wrong_methods_are_told(http: httpx.AsyncClient) -> None:
    for method, path, allowed in [("GET", "/assistants", "POST"), ("GET", "/assistants/search", "POST")]:
        response = await http.request(method, path)
        assert (response.status_code, response.json()) == (405, {"detail": "Method Not Allowed"})
        assert allowed in response.headers["allow"]


# --- search


async def test_search_finds_by_graph_name_and_metadata(client: LangGraphClient) -> None:
    mark = {"mark": str(uuid4())}
    for name, graph in [("50%_Off", "echo"), ("500 off", "echo"), ("other", "chat")]:
        await client.assistants.create(graph, name=name, metadata={**mark, "deep": {"graph": graph, "x": 1}})

    async def names(**wanted: Any) -> list[str]:
        return [each["name"] for each in await client.assistants.search(**{"metadata": mark, **wanted})]

    assert await names() == ["other", "500 off", "50%_Off"]
    assert await names(graph_id="chat") == ["other"]
    assert await names(name="0%_oFF") == ["50%_Off"]
    assert await names(name="OFF", sort_by="name", sort_order="asc") == ["50%_Off", "500 off"]
    assert await names(sort_by="name") == ["other", "500 off", "50%_Off"]
    assert await names(metadata={**mark, "deep": {"graph": "echo"}}) == ["500 off", "50%_Off"]
    assert await names(metadata={**mark, "deep": {}}) == ["other", "500 off", "50%_Off"]
    assert await client.assistants.count(metadata=mark) == 3
    assert await client.assistants.count(metadata=mark, graph_id="echo", name="%") == 1
    assert await client.assistants.count(graph_id="chat") == 2


async def test_search_pages_and_selects(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    mark = {"mark": str(uuid4())}
    for n in range(5):
        await client.assistants.create("echo", name=f"n{n}", metadata=mark)

    async def page(**body: Any) -> tuple[Any, str | None, str | None]:
        response = await http.post("/assistants/search", json={"metadata": mark, **body})
        told = response.headers.get("x-pagination-total"), response.headers.get("x-pagination-next")
        return response.json(), *told

    two = [{"name": "n4", "version": 1}, {"name": "n3", "version": 1}]
    assert await page(limit=2, select=["version", "name"]) == (two, "3", "2")
    assert (await page(limit=2, offset=4, select=["name"])) == ([{"name": "n0"}], "5", None)
    assert await page(offset=500) == ([], "500", None)
    assert len((await page(limit=1, select=[]))[0][0]) == 10


@pytest.mark.parametrize(
    "body",
    [
        {"sort_by": "x"}, {"sort_order": "ASC"}, {"select": ["foo"]}, {"select": "name"}, {"limit": 0},
        {"limit": 1001}, {"offset": -1}, {"metadata": None}, {"graph_id": None}, {"config": {"tags": [1]}},
    ],
    ids=str,
)  # fmt: skip
async def test_searches_that_make_no_sense_are_refused(http: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await http.post("/assistants/search", json=body)).status_code == 422


async def test_empty_bytes_are_no_body(http: httpx.AsyncClient) -> None:
    for path in ("", "/search", "/count", f"/{NOWHERE}/versions", f"/{NOWHERE}/latest"):
        response = await http.post(f"/assistants{path}", content=b"")
        assert (response.status_code, response.json()) == (422, {"detail": "Invalid JSON in request body"})


# --- delete


async def test_deleting_cancels_runs_and_leaves_threads(client: LangGraphClient, server: Installation) -> None:
    key = (await client.assistants.create("sleepy"))["assistant_id"]
    threads = [(await client.threads.create())["thread_id"] for _ in range(2)]
    running = await client.runs.create(threads[0], key, input={"seconds": 60})
    waiting = await client.runs.create(threads[1], key, input={"seconds": 60}, after_seconds=60)

    await client.assistants.delete(key)
    server.until_settled()

    for thread_id, run in zip(threads, (running, waiting), strict=True):
        assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "interrupted"
        thread: Any = await client.threads.get(thread_id)
        assert thread["metadata"]["assistant_id"] == key
    assert server.value("SELECT count(*) FROM assistants_assistantversion WHERE assistant_id = %s", key) == 0


async def test_deleting_may_take_the_threads_along(client: LangGraphClient, server: Installation) -> None:
    key = (await client.assistants.create("echo"))["assistant_id"]
    own, other = [(await client.threads.create())["thread_id"] for _ in range(2)]
    await client.runs.wait(own, key, input={"said": 1})
    await client.runs.wait(other, "echo", input={"said": 1})

    await client.assistants.delete(key, delete_threads=True)

    assert server.value("SELECT count(*) FROM threads_thread WHERE thread_id = %s", own) == 0
    for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
        assert server.value(f"SELECT count(*) FROM {table} WHERE thread_id = %s", own) == 0
    assert await client.threads.get(other)


async def test_a_run_takes_its_assistants_configuration(client: LangGraphClient, thread_id: str) -> None:
    made = await client.assistants.create("echo", context={"tone": "kind"}, metadata={"team": "red"})
    run: Any = await client.runs.create(thread_id, made["assistant_id"], input={"said": 1})

    assert run["kwargs"]["context"] == {"tone": "kind"}
    assert run["kwargs"]["config"]["configurable"]["tone"] == "kind"
    assert run["metadata"]["team"] == "red"
    await client.runs.join(thread_id, run["run_id"])


# --- what graphs look like


async def test_a_graph_is_drawn_by_id_and_by_name(client: LangGraphClient) -> None:
    drawn: Any = await client.assistants.get_graph("nested")

    assert await client.assistants.get_graph(str(assistant_id_of("nested")), xray=False) == drawn
    assert drawn["nodes"][0] == {"id": "__start__", "type": "runnable", "data": {"name": "__start__"}}
    assert drawn["nodes"][-1] == {"id": "__end__"}
    assert {"source": "__start__", "target": drawn["nodes"][1]["id"]} in drawn["edges"]


async def test_an_xray_shows_what_is_inside(client: LangGraphClient) -> None:
    plain: Any = await client.assistants.get_graph("nested")
    deep: Any = await client.assistants.get_graph("nested", xray=True)
    one: Any = await client.assistants.get_graph("nested", xray=1)

    assert not [node for node in plain["nodes"] if ":" in node["id"]]
    assert [node for node in deep["nodes"] if ":" in node["id"]]
    assert one["nodes"] == deep["nodes"]


@pytest.mark.parametrize("xray", ["0", "-1", "x", "1.5", "TRUE", "00"])
async def test_a_bad_xray_is_refused(http: httpx.AsyncClient, xray: str) -> None:
    response = await http.get(f"/assistants/nested/graph?xray={xray}")
    assert (response.status_code, response.json()) == (422, {"detail": "Invalid xray value"})


async def test_subgraphs_are_told_by_namespace(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    key = str(assistant_id_of("nested"))
    found: Any = await client.assistants.get_subgraphs(key)
    (namespace,) = found

    assert set(found[namespace]) == {
        "input_schema", "output_schema", "state_schema", "config_schema", "context_schema"
    }  # fmt: skip
    assert await client.assistants.get_subgraphs(key, namespace=namespace, recurse=True) == found
    assert (await http.get(f"/assistants/{key}/subgraphs/nope")).json() == {}


async def test_schemas_are_told(client: LangGraphClient) -> None:
    told: Any = await client.assistants.get_schemas(str(assistant_id_of("steps")))

    assert told["graph_id"] == "steps"
    assert told["state_schema"]["title"] == "steps_state"
    assert all(schema["default"] is None for schema in told["state_schema"]["properties"].values())
    assert told["input_schema"]["type"] == told["output_schema"]["type"] == "object"


async def test_an_unknown_name_has_no_graph(http: httpx.AsyncClient) -> None:
    response = await http.get("/assistants/nope/graph")
    assert (response.status_code, response.json()) == (422, BAD_ID)


def test_the_synchronous_client_speaks_it_too(sync_client: SyncLangGraphClient) -> None:
    made = sync_client.assistants.create("echo", name="sync")
    key = made["assistant_id"]

    assert sync_client.assistants.update(key, name="renamed")["version"] == 2
    assert len(sync_client.assistants.get_versions(key)) == 2
    assert sync_client.assistants.set_latest(key, 1)["name"] == "sync"
    assert sync_client.assistants.get_schemas(key)["graph_id"] == "echo"
    assert sync_client.assistants.get_graph(key)["nodes"]
    assert sync_client.assistants.get_subgraphs(key) == {}
    assert sync_client.assistants.count(name="sync") == 1
    sync_client.assistants.delete(key)

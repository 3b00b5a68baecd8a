"""Every method of the assistants, store and crons clients of the Python SDK, asynchronous and synchronous."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from langgraph_sdk.errors import ConflictError, NotFoundError

from tests.support.installation import Installation

YEARLY: dict[str, Any] = {"schedule": "0 0 1 1 *", "input": {"said": "hi"}}


class Noting:
    """Calls a client's methods, whatever its colour, and notes which."""

    def __init__(self, resource: Any) -> None:
        self.resource = resource
        self.called: set[str] = set()

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        async def call(*positional: Any, **named: Any) -> Any:
            self.called.add(method)
            answer = getattr(self.resource, method)(*positional, **named)
            return await answer if inspect.isawaitable(answer) else answer

        return call

    def uncalled(self) -> set[str]:
        return {name for name in dir(self.resource) if not name.startswith("_") and name != "http"} - self.called


@pytest.fixture(params=["asynchronous", "synchronous"])
async def sdk(request: pytest.FixtureRequest, server: Installation) -> AsyncIterator[Any]:
    if request.param == "synchronous":
        with server.sync_client() as client:
            yield client
    else:
        async with server.client() as client:
            yield client


async def test_assistants(sdk: Any) -> None:
    assistants, metadata = Noting(sdk.assistants), {"mark": str(uuid4())}
    made = await assistants.create("nested", name="One", description="It nests", metadata=metadata, context={"a": 1})
    key = made["assistant_id"]

    assert await assistants.get(key) == made
    assert await assistants.create("nested", assistant_id=key, if_exists="do_nothing") == made
    with pytest.raises(ConflictError):
        await assistants.create("nested", assistant_id=key)
    second = await assistants.update(key, name="Two", metadata={"b": 2})
    assert (second["version"], second["metadata"], second["description"]) == (2, {**metadata, "b": 2}, "It nests")
    assert [(each["version"], each["name"]) for each in await assistants.get_versions(key)] == [(2, "Two"), (1, "One")]
    assert (await assistants.set_latest(key, 1))["name"] == "One"
    assert [each["assistant_id"] for each in await assistants.search(metadata=metadata, graph_id="nested")] == [key]
    page = await assistants.search(metadata=metadata, select=["name"], response_format="object")
    assert page == {"assistants": [{"name": "One"}], "next": None}
    assert await assistants.count(metadata=metadata, name="one") == 1
    assert {node["id"] for node in (await assistants.get_graph(key))["nodes"]} > {"__start__", "child"}
    assert (await assistants.get_schemas(key))["state_schema"]["type"] == "object"
    assert list(await assistants.get_subgraphs(key, recurse=True)) == ["child"]
    assert list(await assistants.get_subgraphs(key, namespace="child")) == ["child"]
    await assistants.delete(key, delete_threads=True)
    with pytest.raises(NotFoundError):
        await assistants.get(key)
    assert assistants.uncalled() == set()


async def test_the_store(sdk: Any) -> None:
    store, root = Noting(sdk.store), str(uuid4())
    for n in range(3):
        await store.put_item([root, "odd" if n % 2 else "even"], f"k{n}", {"n": n}, index=False, ttl=60)

    assert (await store.get_item([root, "odd"], "k1", refresh_ttl=True))["value"] == {"n": 1}
    found = await store.search_items([root], filter={"n": {"$gte": 1}}, limit=5, offset=0, refresh_ttl=False)
    assert [item["key"] for item in found["items"]] == ["k1", "k2"]
    listed = await store.list_namespaces(prefix=[root], suffix=["odd"], max_depth=2, limit=5, offset=0)
    assert listed == {"namespaces": [[root, "odd"]]}
    await store.delete_item([root, "odd"], "k1")
    assert await store.get_item([root, "odd"], "k1") is None
    assert store.uncalled() == set()


async def test_crons(sdk: Any) -> None:
    crons, metadata = Noting(sdk.crons), {"mark": str(uuid4())}
    thread_id = (await Noting(sdk.threads).create())["thread_id"]
    free = await crons.create("echo", **YEARLY, metadata=metadata, timezone="Europe/Paris")
    bound = await crons.create_for_thread(thread_id, "echo", **YEARLY, metadata=metadata, enabled=False)

    assert (free["thread_id"], free["timezone"], bound["thread_id"]) == (None, "Europe/Paris", thread_id)
    found = await crons.search(metadata=metadata, sort_by="created_at", sort_order="asc", limit=5)
    assert [cron["cron_id"] for cron in found] == [free["cron_id"], bound["cron_id"]]
    assert [cron["cron_id"] for cron in await crons.search(thread_id=thread_id)] == [bound["cron_id"]]
    assert [cron["cron_id"] for cron in await crons.search(metadata=metadata, enabled=True)] == [free["cron_id"]]
    assert await crons.count(metadata=metadata) == 2
    changed = await crons.update(free["cron_id"], schedule="0 12 * * *", enabled=False, timezone="UTC")
    assert (changed["schedule"], changed["enabled"], changed["timezone"]) == ("0 12 * * *", False, "UTC")
    for cron in found:
        await crons.delete(cron["cron_id"])
    with pytest.raises(NotFoundError):
        await crons.delete(free["cron_id"])
    assert crons.uncalled() == set()

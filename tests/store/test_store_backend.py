"""What langgraph.json says of the store decides which one the process opens; what is wrong stops the start."""

import asyncio
from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import psycopg
import pytest
from langgraph.store.base import SearchOp
from langgraph.store.memory import InMemoryStore

from langgraph_server.config.loading import server_config
from langgraph_server.errors import ConfigurationError
from langgraph_server.stores import statements, vectors
from langgraph_server.stores.backend import open_store, plan
from langgraph_server.stores.configuration import Index, StoreConfig, Ttl, parse
from langgraph_server.stores.postgres import PostgresStore
from langgraph_server.stores.sweeping import sweep_forever
from tests.langgraph_server.conftest import WriteApplication, write_application

__all__ = ["write_application"]

GRAPHS = {"graphs": {"g": "./graphs.py:g"}}
STORES = dedent("""
    from contextlib import asynccontextmanager, contextmanager
    from langgraph.store.memory import InMemoryStore

    ready = InMemoryStore()
    LOG = []

    def made():
        return InMemoryStore()

    async def awaited():
        return InMemoryStore()

    @asynccontextmanager
    async def entered():
        yield InMemoryStore()
        LOG.append("left")

    @contextmanager
    def held():
        yield InMemoryStore()

    nothing = 5
    WORDS = ["tea", "coffee", "rain"]

    def embed(texts):
        return [[float(word in text) for word in WORDS] for text in texts]
""")


@pytest.fixture(autouse=True)
def _forget_plan() -> Iterator[None]:
    plan.cache_clear()
    yield
    plan.cache_clear()


def application(write: WriteApplication, **store: Any) -> None:
    write({"stores.py": STORES, "graphs.py": ""}, config={**GRAPHS, "store": store})


@pytest.mark.parametrize(
    ("document", "config"),
    [
        ({}, StoreConfig()),
        ({"path": "./a.py:b"}, StoreConfig(path="./a.py:b")),
        ({"ttl": {"default_ttl": 5}}, StoreConfig(ttl=Ttl(5))),
        (
            {"ttl": {"default_ttl": 0.5, "refresh_on_read": False, "sweep_interval_minutes": 1}},
            StoreConfig(ttl=Ttl(0.5, False, 1)),
        ),
        ({"index": {"dims": 3, "embed": "openai:small"}}, StoreConfig(index=Index(3, "openai:small"))),
        (
            {"index": {"dims": 3, "embed": "./e.py:f", "fields": ["a", "b.c"]}},
            StoreConfig(index=Index(3, "./e.py:f", ("a", "b.c"))),
        ),
    ],
)
def test_what_may_be_said(document: Any, config: StoreConfig) -> None:
    assert parse(document) == config


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"path": 5}, "store.path"),
        ({"index": []}, "store.index: must be an object"),
        ({"index": {"embed": "a:b"}}, "store.index.dims"),
        ({"index": {"dims": True, "embed": "a:b"}}, "store.index.dims"),
        ({"index": {"dims": 3}}, "store.index.embed"),
        ({"index": {"dims": 3, "embed": "model"}}, "store.index.embed"),
        ({"index": {"dims": 3, "embed": "a:b", "fields": "a"}}, "store.index.fields"),
        ({"ttl": 5}, "store.ttl: must be an object"),
        ({"ttl": {"default_ttl": 0}}, "store.ttl.default_ttl"),
        ({"ttl": {"sweep_interval_minutes": "1"}}, "store.ttl.sweep_interval_minutes"),
        ({"ttl": {"refresh_on_read": 1}}, "store.ttl.refresh_on_read"),
    ],
)
def test_what_may_not(document: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        parse(document)


@pytest.mark.parametrize("name", ["ready", "made", "awaited", "entered", "held"])
async def test_the_applications_own_store_is_opened(write_application: WriteApplication, name: str) -> None:
    application(write_application, path=f"./stores.py:{name}")

    async with open_store("postgresql://nowhere.invalid/", pool_size=1) as store:
        assert isinstance(store, InMemoryStore)


async def test_what_is_no_store_is_refused(write_application: WriteApplication) -> None:
    application(write_application, path="./stores.py:nothing")

    with pytest.raises(ConfigurationError, match="it makes no BaseStore, but int"):
        async with open_store("postgresql://nowhere.invalid/", pool_size=1):
            pass


@pytest.mark.parametrize("embed", ["./stores.py:missing", "nobody:model", "no.such.module:f"])
def test_embeddings_that_cannot_be_found_stop_the_start(write_application: WriteApplication, embed: str) -> None:
    application(write_application, index={"dims": 3, "embed": embed})

    with pytest.raises(ConfigurationError):
        plan()


async def test_similar_items_come_first(write_application: WriteApplication, database: str) -> None:
    application(write_application, index={"dims": 3, "embed": "./stores.py:embed", "fields": ["text", "more[*]"]})
    async with open_store(database, pool_size=2) as store:
        await store.aput(("a",), "rain", {"text": "rain"})
        await store.aput(("a",), "both", {"text": "tea and coffee", "n": 1})
        await store.aput(("a",), "tea", {"text": "nothing", "more": ["rain", "tea"], "n": 1})
        await store.aput(("a",), "unseen", {"text": "tea"}, index=False)
        await store.aput(("a",), "own", {"text": "rain", "title": "tea"}, index=["title"])

        found = await store.asearch(("a",), query="tea", limit=3)
        filtered = await store.asearch(("a",), query="tea", filter={"n": 1})
        every = await store.asearch(("a",))
        await store.aput(("a",), "own", {"text": "rain", "title": "tea"})
        await store.aput(("a",), "tea", {"text": "tea"}, index=False)
        again = await store.asearch(("a",), query="tea", limit=1)

    assert [(item.key, round(item.score or 0, 2)) for item in found] == [("own", 1.0), ("tea", 1.0), ("both", 0.71)]
    assert [item.key for item in filtered] == ["tea", "both"]
    assert [item.score for item in every] == [None] * 5
    assert [item.key for item in again] == ["both"]


async def test_vectors_of_another_width_stop_the_start(write_application: WriteApplication, database: str) -> None:
    application(write_application, index={"dims": 3, "embed": "./stores.py:embed"})
    async with open_store(database, pool_size=1) as store:
        assert isinstance(store, PostgresStore)
    application(write_application, index={"dims": 4, "embed": "./stores.py:embed"})
    server_config.cache_clear()
    plan.cache_clear()

    with pytest.raises(ConfigurationError, match="dims is 4, but the database keeps vectors of 3"):
        async with open_store(database, pool_size=1):
            pass


async def test_a_database_without_pgvector_stops_the_start(
    write_application: WriteApplication,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    application(write_application, index={"dims": 3, "embed": "./stores.py:embed"})
    monkeypatch.setattr(vectors, "EXTENSION", "CREATE EXTENSION IF NOT EXISTS no_such_extension")

    with pytest.raises(ConfigurationError, match="CREATE EXTENSION vector"):
        async with open_store(database, pool_size=1):
            pass


async def test_workers_sweep_at_the_configured_pace(write_application: WriteApplication, database: str) -> None:
    application(write_application, ttl={"default_ttl": 0.001, "sweep_interval_minutes": 0.002})
    async with open_store(database, pool_size=1) as store:
        await store.aput(("a",), "over", {})
        await store.aput(("a",), "stays", {}, ttl=None)
        sweeping = asyncio.create_task(sweep_forever(store))
        async with asyncio.timeout(10):
            while len(found := await store.asearch(("a",), refresh_ttl=False)) > 1:
                await asyncio.sleep(0.05)
        sweeping.cancel()

    assert [item.key for item in found] == ["stays"]


async def test_the_applications_own_store_looks_after_itself(write_application: WriteApplication) -> None:
    application(write_application, path="./stores.py:ready")

    await asyncio.wait_for(sweep_forever(InMemoryStore()), timeout=1)


SPREAD = """
INSERT INTO store (prefix, key, value)
SELECT 'users.' || n % 1000 || '.memories', 'k' || n, jsonb_build_object('n', n, 'kind', n % 7, 'said', md5(n::text))
FROM generate_series(1, 100000) n
"""


async def test_a_search_among_many_items_uses_an_index(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(SPREAD)
        connection.execute("ANALYZE store")

        def plan_of(op: SearchOp) -> str:
            sql, parameters = statements.search(op)
            return "\n".join(line for (line,) in connection.execute("EXPLAIN " + sql, parameters))

        by_prefix = plan_of(SearchOp(("users", "77"), filter={"kind": 3}))
        by_filter = plan_of(SearchOp(("users",), filter={"n": 4711}))
        by_both = plan_of(SearchOp(("users", "77", "memories"), filter={"n": {"$eq": 4711}}))
        connection.execute("DELETE FROM store")

    assert "store_prefix_idx" in by_prefix
    assert "store_value" in by_filter
    assert "Seq Scan" not in by_prefix + by_filter + by_both

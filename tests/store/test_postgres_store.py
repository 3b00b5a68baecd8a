"""The process's store: what graphs and clients put in comes out, in order, filtered, and in time it goes."""

import asyncio
from datetime import UTC, datetime
from typing import Any, LiteralString

import pytest
from langchain_core.messages import HumanMessage
from langgraph.store.base import GetOp, PutOp, SearchOp

from langgraph_server.errors import BadRequest, Unavailable
from langgraph_server.stores.postgres import PostgresStore
from tests.store.conftest import opened

VALUE = {"x": 1, "t": "hello", "n": {"d": 2}, "l": [1, 2], "nul": None, "yes": True, "dotted.key": 1, "s": "5"}


async def keys(store: PostgresStore, *prefix: str, **options: Any) -> list[str]:
    return [item.key for item in await store.asearch(prefix, **options)]


async def execute(store: PostgresStore, sql: LiteralString) -> None:
    async with store.cursor() as cursor:
        await cursor.execute(sql)


async def test_an_item_comes_back_with_its_times(store: PostgresStore) -> None:
    await store.aput(("a", "b"), "k", VALUE)
    first = await store.aget(("a", "b"), "k")
    await store.aput(("a", "b"), "k", {"x": 2})
    second = await store.aget(("a", "b"), "k")

    assert first
    assert second
    assert (first.value, first.namespace, first.key) == (VALUE, ("a", "b"), "k")
    assert second.value == {"x": 2}
    assert second.created_at == first.created_at == first.updated_at < second.updated_at


async def test_what_is_missing_or_deleted_is_none(store: PostgresStore) -> None:
    await store.aput(("a",), "k", {})
    await store.adelete(("a",), "k")
    await store.adelete(("a",), "k")

    assert await store.aget(("a",), "k") is None


async def test_a_graph_may_put_what_is_no_plain_object(store: PostgresStore) -> None:
    await store.aput(("a",), "text", "plain")  # type: ignore[arg-type] # applications do it
    await store.aput(("a",), "rich", {"said": HumanMessage("hi"), "at": datetime(2026, 1, 2, tzinfo=UTC), "nul": "\0"})

    text, rich = await store.aget(("a",), "text"), await store.aget(("a",), "rich")

    assert text
    assert text.value == "plain"  # type: ignore[comparison-overlap] # as it was put
    assert rich
    assert rich.value["said"]["content"] == "hi"
    assert (rich.value["at"], rich.value["nul"]) == ("2026-01-02T00:00:00+00:00", "")


async def test_synchronous_nodes_use_it_from_their_threads(store: PostgresStore) -> None:
    def node() -> Any:
        store.put(("a",), "k", {"x": 1})
        return store.get(("a",), "k"), store.search(("a",))

    item, found = await asyncio.to_thread(node)

    assert item.value == {"x": 1}
    assert [each.key for each in found] == ["k"]


async def test_a_search_goes_by_whole_labels_in_the_order_of_making(store: PostgresStore) -> None:
    for namespace, key in [(("a", "b"), "2"), (("a",), "1"), (("ab",), "no"), (("a", "b", "c"), "3"), (("a-b",), "no")]:
        await store.aput(namespace, key, {})
    await store.aput(("a", "b"), "2", {"changed": True})

    assert await keys(store, "a") == ["2", "1", "3"]
    assert await keys(store, "a", "b") == ["2", "3"]
    assert await keys(store, "a", limit=1, offset=1) == ["1"]
    assert len(await keys(store)) == 5


@pytest.mark.parametrize("label", ["user_1", "50%", "a\\b", "Ünï", "*", "a/b", "'", "{}"])
async def test_a_label_means_itself(store: PostgresStore, label: str) -> None:
    await store.aput((label, "x"), "k", {})
    await store.aput(("userX1", "50x", "a", "b"), "other", {})

    assert await keys(store, label) == ["k"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"x": 1}, True),
        ({"x": 1.0}, True),
        ({"x": True}, False),
        ({"x": "1"}, False),
        ({"yes": True}, True),
        ({"l": [1, 2]}, True),
        ({"l": [1]}, False),
        ({"l": 1}, False),
        ({"n": {"d": 2}}, True),
        ({"n": {}}, True),
        ({"n": {"e": 1}}, False),
        ({"x": {}}, False),
        ({"n": {"d": {"$gt": 1}}}, True),
        ({"nul": None}, True),
        ({"zzz": None}, True),
        ({"x": None}, False),
        ({"dotted.key": 1}, True),
        ({"n.d": 2}, False),
        ({"x": {"$eq": 1}}, True),
        ({"n": {"$eq": {"d": 2}}}, True),
        ({"n": {"$eq": {}}}, False),
        ({"x": {"$ne": 1}}, False),
        ({"x": {"$ne": 2}}, True),
        ({"zzz": {"$ne": 2}}, True),
        ({"zzz": {"$ne": None}}, False),
        ({"x": {"$gt": 1}}, False),
        ({"x": {"$gte": 1, "$lt": 9}}, True),
        ({"x": {"$gte": 1, "$lt": 1}}, False),
        ({"x": {"$lte": "1"}}, True),
        ({"s": {"$gt": 4}}, True),
        ({"s": {"$gt": 40}}, False),
        ({"t": {"$gt": 1}}, False),
        ({"zzz": {"$gt": 1}}, False),
        ({"yes": {"$gt": 0}}, True),
        ({"x": 1, "t": "hello"}, True),
        ({"x": 1, "t": "no"}, False),
        ({"'; DROP TABLE store; --": 1}, False),
    ],
    ids=str,
)
async def test_filters(store: PostgresStore, wanted: dict[str, Any], found: bool) -> None:
    await store.aput(("a",), "k", VALUE)

    assert await keys(store, "a", filter=wanted) == (["k"] if found else [])


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"x": {"$in": [1]}}, r"Unsupported operator: \$in"),
        ({"x": {"$gt": 1, "d": 2}}, "Unsupported operator: d"),
        ({"x": {"$gt": "abc"}}, "could not convert string to float: 'abc'"),
        ({"x": {"$gt": "nan"}}, "could not convert"),
        ({"x": {"$gt": None}}, "could not convert"),
    ],
)
async def test_filters_that_make_no_sense_are_refused(store: PostgresStore, wanted: Any, told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        await store.asearch((), filter=wanted)


@pytest.mark.parametrize("text", ["1e999", "9" * 400, "1e", " 7 ", "-.5", "1_0", "NaN", "inf", "0x1"])
async def test_texts_that_look_like_numbers_never_hurt(store: PostgresStore, text: str) -> None:
    await store.aput(("a",), "k", {"x": text})

    assert await keys(store, "a", filter={"x": {"$gte": 1}}) in ([], ["k"])


async def test_namespaces_are_sorted_by_label_and_cut(store: PostgresStore) -> None:
    for namespace in [("a", "b"), ("a-b",), ("a",), ("b", "x", "c"), ("z",), ("b", "y", "c")]:
        await store.aput(namespace, "1", {})
        await store.aput(namespace, "2", {})

    assert await store.alist_namespaces() == [
        ("a",), ("a", "b"), ("a-b",), ("b", "x", "c"), ("b", "y", "c"), ("z",)
    ]  # fmt: skip
    assert await store.alist_namespaces(max_depth=1) == [("a",), ("a-b",), ("b",), ("z",)]
    assert await store.alist_namespaces(max_depth=0) == [()]
    assert await store.alist_namespaces(prefix=("b",), max_depth=2) == [("b", "x"), ("b", "y")]
    assert await store.alist_namespaces(prefix=("*", "b")) == [("a", "b")]
    assert await store.alist_namespaces(prefix=("b", "*", "c")) == [("b", "x", "c"), ("b", "y", "c")]
    assert await store.alist_namespaces(suffix=("b",)) == [("a", "b")]
    assert await store.alist_namespaces(suffix=("*", "c"), limit=1, offset=1) == [("b", "y", "c")]
    assert await store.alist_namespaces(prefix=("a", "b", "c")) == []


async def test_operations_of_one_call_are_kept_together_and_answered_in_order(store: PostgresStore) -> None:
    await store.aput(("a",), "old", {"x": 0})
    put, got, found = await store.abatch(
        [PutOp(("a",), "new", {"x": 1}), GetOp(("a",), "old"), SearchOp(("a",), limit=10)]
    )

    assert put is None
    assert got is not None
    assert len(found) == 1  # type: ignore[arg-type] # what reads comes first
    with pytest.raises(ValueError, match="bytes together"):
        await store.abatch([PutOp(("a",), "lost", {}), PutOp(("a",), "k" * 3000, {})])
    assert await keys(store, "a") == ["old", "new"]


async def test_one_that_fails_takes_no_neighbour_along(store: PostgresStore) -> None:
    puts = [store.aput(("a",), key, {"x": 1}) for key in ("1", "k" * 3000, "2")]

    answers = await asyncio.gather(*puts, return_exceptions=True)

    assert [type(answer) for answer in answers] == [type(None), ValueError, type(None)]
    assert sorted(await keys(store, "a")) == ["1", "2"]


async def test_many_who_put_the_same_key_leave_one_item(store: PostgresStore) -> None:
    await asyncio.gather(*(store.aput(("a",), "k", {"n": n}, ttl=5) for n in range(50)))
    await asyncio.gather(*(store.asearch(("a",)) for _ in range(50)))

    assert len(await keys(store, "a")) == 1


async def test_items_go_when_their_time_is_over(store: PostgresStore) -> None:
    await store.aput(("a",), "stays", {})
    await store.aput(("a",), "later", {}, ttl=60)
    await store.aput(("a",), "over", {}, ttl=-1)
    await store.aput(("a",), "huge", {}, ttl=1e300)

    assert len(await keys(store, "a", refresh_ttl=False)) == 4
    assert await store.sweep_ttl() == 1
    assert await keys(store, "a") == ["stays", "later", "huge"]


@pytest.mark.parametrize(("refresh", "swept"), [(None, 0), (True, 0), (False, 2)])
async def test_reading_pushes_the_end_out(store: PostgresStore, refresh: bool | None, swept: int) -> None:
    await store.aput(("a",), "got", {}, ttl=60)
    await store.aput(("a", "b"), "found", {}, ttl=60)
    # As if the hour were over: reading comes before the sweep.
    await execute(store, "UPDATE store SET expires_at = expires_at - interval '2 hours'")
    await store.aget(("a",), "got", refresh_ttl=refresh)
    await store.asearch(("a", "b"), refresh_ttl=refresh)

    assert await store.sweep_ttl() == swept


async def test_the_configured_ttl_is_for_items_without_one(database: str) -> None:
    async with opened(ttl={"default_ttl": 0.001, "refresh_on_read": False}) as store:
        await store.aput(("a",), "default", {})
        await store.aput(("a",), "own", {}, ttl=60)
        await asyncio.sleep(0.2)
        await store.aget(("a",), "default")

        assert await store.sweep_ttl() == 1
        assert await keys(store, "a") == ["own"]


async def test_a_database_that_is_away_is_not_the_graphs_fault(database: str) -> None:
    async with opened() as store:
        await store.pool.close()

        with pytest.raises(Unavailable):
            await store.aget(("a",), "k")

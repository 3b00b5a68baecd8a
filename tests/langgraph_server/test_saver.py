"""The process's checkpointer: what goes in comes out, and only from who may write."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, Checkpoint, empty_checkpoint
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.types import ERROR, INTERRUPT, RESUME
from psycopg.rows import DictRow

from langgraph_server.checkpoints.fence import Fence, FenceDown
from langgraph_server.checkpoints.latest import Place
from langgraph_server.checkpoints.saver import Saver
from runs.models import Run
from tests.factories import make_run
from tests.graphs import echo, steps
from tests.langgraph_server.databases import opened_saver, rows_of

OWN_ROWS = [
    f"SELECT to_jsonb(t) - 'thread_id' AS row FROM {table} AS t WHERE thread_id = %s"
    for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
]

pytestmark = pytest.mark.usefixtures("django_db_setup")


@pytest_asyncio.fixture
async def saver(django_db_setup: None) -> AsyncIterator[Saver]:
    async with opened_saver() as saver:
        yield saver


@pytest.fixture
def run(transactional_db: None) -> Run:
    return make_run(status="running", token=3)


@dataclass
class Data:
    name: str


VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -5,
    2**63 - 1,
    -(2**63),
    2**63,
    2**64 - 1,
    1.0,
    1.5,
    0.0,
    -0.0,
    1e15,
    1e16,
    1e300,
    -1e300,
    1e-7,
    5e-324,
    math.nan,
    math.inf,
    -math.inf,
    "",
    "text",
    "ü😀",
    "nul\0",
    "\\u0000",
    "back\\slash\\",
    b"",
    b"\x00\xff",
    [],
    {},
    [1, [2, {"a": [3]}]],
    {"nul\0": "\0", "nan": math.nan, "float": 1e16},
    {1, 2},
    datetime(2026, 1, 2, tzinfo=UTC),
    UUID(int=7),
    HumanMessage("hi\0", id="1"),
    [AIMessage("a", id="1", tool_calls=[{"name": "f", "args": {"x": 2**63}, "id": "c"}])],
    Data("a"),
]


def checkpoint_of(values: dict[str, Any]) -> tuple[Checkpoint, dict[str, str | int | float]]:
    versions: dict[str, str | int | float] = dict.fromkeys(values, "1.0")
    checkpoint = empty_checkpoint()
    return {**checkpoint, "channel_values": values, "channel_versions": versions}, versions


def config_of(thread_id: object, **configurable: Any) -> RunnableConfig:
    return {"configurable": {"thread_id": str(thread_id), "checkpoint_ns": "", **configurable}}


@pytest.mark.parametrize("value", VALUES, ids=repr)
async def test_a_value_comes_back_exactly(saver: Saver, value: Any) -> None:
    checkpoint, versions = checkpoint_of({"said": value, "other": "kept"})

    where = await saver.aput(config_of(uuid4()), checkpoint, {"source": "loop", "step": 1}, versions)
    loaded = await saver.aget_tuple(where)

    assert loaded
    values = loaded.checkpoint["channel_values"]
    assert exactly(values.pop("said")) == exactly(value)
    assert values == {"other": "kept"}
    assert loaded.checkpoint["id"] == checkpoint["id"]
    assert loaded.checkpoint["channel_versions"] == versions
    assert (loaded.metadata["source"], loaded.metadata["step"]) == ("loop", 1)


@pytest.mark.parametrize("value", VALUES, ids=repr)
async def test_a_pending_write_comes_back_exactly(saver: Saver, value: Any) -> None:
    where = await saver.aput(config_of(uuid4()), *checkpoint_and_metadata())

    await saver.aput_writes(where, [("said", value), ("other", 1)], "task", "~path")
    loaded = await saver.aget_tuple(where)

    assert loaded
    assert exactly(loaded.pending_writes) == exactly([("task", "said", value), ("task", "other", 1)])


def checkpoint_and_metadata() -> tuple[Checkpoint, Any, dict[str, str | int | float]]:
    checkpoint, versions = checkpoint_of({})
    return checkpoint, {"source": "loop", "step": 0}, versions


def exactly(value: Any) -> str:
    """NaN is not itself, and `1 == 1.0 == True`."""
    return repr(value)


async def test_a_lone_surrogate_does_not_fall_back_to_another_format(saver: Saver) -> None:
    checkpoint, versions = checkpoint_of({"said": "lone \ud800", "more": ["\udfff"]})
    thread_id = uuid4()

    where = await saver.aput(config_of(thread_id), checkpoint, {"source": "loop"}, versions)
    loaded = await saver.aget_tuple(where)

    assert loaded
    assert loaded.checkpoint["channel_values"] == {"said": "lone ?", "more": ["?"]}
    rows = await rows_of(saver.pool, "SELECT type FROM checkpoint_blobs WHERE thread_id = %s", str(thread_id))
    assert {row["type"] for row in rows} == {"msgpack"}


async def test_what_cannot_be_serialised_is_refused_before_anything_is_written(saver: Saver) -> None:
    thread_id = uuid4()
    checkpoint, versions = checkpoint_of({"said": 2**70})

    with pytest.raises(TypeError, match="Integer exceeds 64-bit range"):
        await saver.aput(config_of(thread_id), checkpoint, {"source": "loop"}, versions)

    assert await saver.aget_tuple(config_of(thread_id)) is None


async def test_metadata_that_postgres_cannot_hold_is_kept_as_near_as_it_can(saver: Saver) -> None:
    checkpoint, versions = checkpoint_of({})
    metadata: Any = {"source": "loop", "nul": "a\0b", "nan": math.nan}

    where = await saver.aput(config_of(uuid4()), checkpoint, metadata, versions)
    loaded = await saver.aget_tuple(where)

    assert loaded
    assert {key: loaded.metadata.get(key) for key in ("nul", "nan")} == {"nul": "ab", "nan": None}


async def test_a_checkpoint_knows_its_parent(saver: Saver) -> None:
    thread_id = uuid4()
    first = await saver.aput(config_of(thread_id), *checkpoint_and_metadata())
    second = await saver.aput(first, *checkpoint_and_metadata())

    latest = await saver.aget_tuple(config_of(thread_id))

    assert latest
    assert latest.config == second
    assert latest.parent_config == first


async def test_many_threads_are_written_at_once_and_none_is_mixed_up(saver: Saver) -> None:
    threads = [uuid4() for _ in range(300)]

    async def put(thread_id: UUID) -> None:
        checkpoint, versions = checkpoint_of({"said": [str(thread_id)]})
        where = await saver.aput(config_of(thread_id), checkpoint, {"source": "loop"}, versions)
        await saver.aput_writes(where, [("said", str(thread_id))], "task")

    await asyncio.gather(*map(put, threads))

    for thread_id in threads[::20]:
        loaded = await saver.aget_tuple(config_of(thread_id))
        assert loaded
        assert loaded.checkpoint["channel_values"] == {"said": [str(thread_id)]}
        assert loaded.pending_writes == [("task", "said", str(thread_id))]


async def test_what_is_written_are_the_rows_of_the_library(saver: Saver) -> None:
    checkpoint, versions = checkpoint_of({"a": "text", "b": [1], "c": None})

    written = []
    for each in (saver, AsyncPostgresSaver(saver.pool)):
        here = config_of(uuid4())
        there = await each.aput(here, checkpoint, {"source": "loop", "step": 1, "parents": {}}, versions)
        await each.aput_writes(there, [("a", 1), (INTERRUPT, "b")], "task", "path")
        await each.aput_writes(there, [(ERROR, "c")], "task", "path")
        written.append([await rows_of(saver.pool, sql, here["configurable"]["thread_id"]) for sql in OWN_ROWS])

    ours, library = ([sorted(str(row) for row in rows) for rows in tables] for tables in written)
    assert ours == library
    assert [len(rows) for rows in ours] == [1, 1, 3]


async def test_of_a_checkpoint_that_is_put_twice_at_once_the_last_counts(saver: Saver) -> None:
    here, checkpoint = config_of(uuid4()), empty_checkpoint()
    first = saver.aput(config_of(uuid4()), *checkpoint_and_metadata())

    await asyncio.gather(first, *(saver.aput(here, checkpoint, {"step": step}, {}) for step in range(3)))

    found = await saver.aget_tuple(here)
    assert found
    assert found.metadata["step"] == 2


async def test_of_an_answer_that_is_given_twice_at_once_the_last_counts(saver: Saver) -> None:
    there = await saver.aput(config_of(uuid4()), *checkpoint_and_metadata())
    first = saver.aput(config_of(uuid4()), *checkpoint_and_metadata())

    await asyncio.gather(first, *(saver.aput_writes(there, [(RESUME, [n])], "task") for n in range(3)))

    found = await saver.aget_tuple(there)
    assert found
    assert found.pending_writes == [("task", RESUME, [2])]


async def test_a_graph_goes_on_where_it_stopped(saver: Saver, run: Run) -> None:
    graph = echo.graph.copy(update={"checkpointer": saver.fenced(Fence(run.run_id, 3))})
    config = config_of(run.thread_id)

    await graph.ainvoke({"said": "one"}, config)
    assert await graph.ainvoke({"said": "two"}, config) == {"said": "two", "count": 2}

    snapshot = await echo.graph.copy(update={"checkpointer": saver}).aget_state(config)
    assert snapshot.values == {"said": "two", "count": 2}
    assert snapshot.next == ()


async def test_a_replaced_worker_gets_no_further_than_its_next_write(saver: Saver, run: Run) -> None:
    graph = steps.graph.copy(update={"checkpointer": saver.fenced(Fence(run.run_id, 3))})
    config = config_of(run.thread_id)
    running = asyncio.create_task(graph.ainvoke({"steps": 100, "seconds": 0.05}, config, durability="sync"))
    await asyncio.sleep(0.3)

    async with saver.pool.connection() as connection:
        await connection.execute("UPDATE runs_run SET token = token + 1")
    before = await saver.aget_tuple(config)

    with pytest.raises(FenceDown):
        await running
    after = await saver.aget_tuple(config)
    assert before
    assert after
    assert after.config == before.config
    assert after.pending_writes == before.pending_writes


async def test_a_fence_is_that_of_one_run_only(saver: Saver, run: Run) -> None:
    stale = saver.fenced(Fence(run.run_id, 2))

    with pytest.raises(FenceDown):
        await stale.aput(config_of(run.thread_id), *checkpoint_and_metadata())

    await saver.fenced(Fence(run.run_id, 3)).aput(config_of(run.thread_id), *checkpoint_and_metadata())
    await saver.aput(config_of(run.thread_id), *checkpoint_and_metadata())
    assert saver.fence is None


async def test_what_is_put_ahead_of_its_commit_is_read_by_the_same_run(saver: Saver, run: Run) -> None:
    ahead = saver.fenced(Fence(run.run_id, 3), ahead=True)

    there = await ahead.aput(config_of(run.thread_id), *checkpoint_and_metadata())
    await ahead.aput_writes(there, [("said", 1)], "task")
    found = await ahead.aget_tuple(config_of(run.thread_id))

    assert found
    assert found.config == there
    assert found.pending_writes == [("task", "said", 1)]


async def test_what_was_put_ahead_is_there_for_others_once_it_is_kept(saver: Saver, run: Run) -> None:
    graph = steps.graph.copy(update={"checkpointer": (ahead := saver.fenced(Fence(run.run_id, 3), ahead=True))})

    await graph.ainvoke({"steps": 20}, config_of(run.thread_id), durability="async")
    await ahead.kept()

    kept = [found.metadata["step"] async for found in saver.alist(config_of(run.thread_id))]
    assert kept == list(range(20, -2, -1))


async def test_a_replaced_worker_keeps_nothing_ahead_of_its_commit(saver: Saver, run: Run) -> None:
    stale = saver.fenced(Fence(run.run_id, 2), ahead=True)

    await stale.aput(config_of(run.thread_id), *checkpoint_and_metadata())

    with pytest.raises(FenceDown):
        await stale.kept()
    with pytest.raises(FenceDown):
        await stale.aput(config_of(run.thread_id), *checkpoint_and_metadata())
    assert await saver.aget_tuple(config_of(run.thread_id)) is None


async def test_on_a_blank_thread_nothing_is_looked_for_until_something_is_put(
    saver: Saver, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[Place]] = []

    async def noted(places: Sequence[Place]) -> Sequence[DictRow | None]:
        asked.append(places)
        return await fetch(places)

    fetch = saver.latest.fetch
    monkeypatch.setattr(saver.latest, "fetch", noted)
    blank = saver.fenced(Fence(run.run_id, 3), ahead=True, blank=True)

    assert await blank.aget_tuple(config_of(run.thread_id)) is None
    assert asked == []
    there = await blank.aput(config_of(run.thread_id), *checkpoint_and_metadata())
    found = await blank.aget_tuple(config_of(run.thread_id))

    assert found
    assert (found.config, len(asked)) == (there, 1)


async def test_a_replaced_worker_adds_no_pending_writes(saver: Saver, run: Run) -> None:
    where = await saver.aput(config_of(run.thread_id), *checkpoint_and_metadata())

    with pytest.raises(FenceDown):
        await saver.fenced(Fence(run.run_id, 2)).aput_writes(where, [("said", 1)], "task")

    loaded = await saver.aget_tuple(where)
    assert loaded
    assert loaded.pending_writes == []


@checkpointer_test(name="Saver")
async def saver_under_test() -> AsyncIterator[BaseCheckpointSaver[Any]]:
    async with opened_saver() as saver:
        yield saver


@pytest.mark.filterwarnings("default")
async def test_the_published_conformance_suite_passes(transactional_db: None) -> None:
    report = await validate(saver_under_test)

    assert {name: result.failures for name, result in report.results.items() if result.failures} == {}
    assert report.passed_all_base()

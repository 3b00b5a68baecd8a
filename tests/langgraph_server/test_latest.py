"""The last checkpoints of many threads, read as one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from langgraph._internal._constants import TASKS
from langgraph.checkpoint.base import CheckpointTuple, empty_checkpoint
from psycopg import DataError

from langgraph_server.checkpoints.latest import MOST
from langgraph_server.checkpoints.saver import Saver
from tests.langgraph_server.databases import opened_saver

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = [str(uuid4()) for _ in range(3 * MOST)]


@pytest_asyncio.fixture
async def saver(transactional_db: None) -> AsyncIterator[Saver]:
    async with opened_saver() as saver:
        yield saver


async def put(saver: Saver, thread_id: str, step: int, **checkpoint: Any) -> Any:
    here: Any = {"configurable": {"thread_id": thread_id, "checkpoint_ns": "", **checkpoint}}
    return await saver.aput(here, empty_checkpoint(), {"step": step}, {})


def step_of(found: CheckpointTuple | None) -> int | None:
    return found.metadata["step"] if found else None


async def last(saver: Saver, thread_id: str) -> CheckpointTuple | None:
    return await saver.aget_tuple({"configurable": {"thread_id": thread_id}})


async def test_each_thread_gets_its_own_last_one(saver: Saver) -> None:
    written = THREADS[::2]
    for step, thread_id in enumerate(written):
        await put(saver, thread_id, -1)
        await put(saver, thread_id, step)

    found = await asyncio.gather(*(last(saver, thread_id) for thread_id in THREADS))

    steps = {thread_id: step for step, thread_id in enumerate(written)}
    assert [step_of(each) for each in found] == [steps.get(thread_id) for thread_id in THREADS]


async def test_those_that_are_asked_for_together_are_few_statements(
    saver: Saver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    async def counted(places: Any) -> Any:
        sizes.append(len(places))
        return await fetch(places)

    fetch = saver.latest.fetch
    monkeypatch.setattr(saver.latest, "fetch", counted)
    fenced = saver.fenced(None)  # type: ignore[arg-type] # reading asks for no fence

    await asyncio.gather(*(last(each, thread_id) for thread_id in THREADS for each in (saver, fenced)))

    assert sum(sizes) == 2 * len(THREADS)
    assert len(sizes) <= 2 + 2 * len(THREADS) / MOST


async def test_a_thread_that_postgres_refuses_does_not_fail_its_neighbours(saver: Saver) -> None:
    await put(saver, there := str(uuid4()), 7)

    found = await asyncio.gather(
        *(last(saver, each) for each in (there, "nul\0", there, there)), return_exceptions=True
    )

    assert isinstance(found[1], DataError)
    assert [step_of(each) for each in found if not isinstance(each, BaseException)] == [7, 7, 7]


async def test_the_sends_of_an_old_checkpoint_are_found_at_its_parent(saver: Saver) -> None:
    parent = await put(saver, thread_id := str(uuid4()), 0)
    await saver.aput_writes(parent, [(TASKS, "send")], "task")
    old: Any = {**empty_checkpoint(), "v": 3}
    await saver.aput(parent, old, {"step": 1}, {})

    found = await last(saver, thread_id)

    assert found
    assert found.checkpoint["channel_values"] == {TASKS: ["send"]}

"""Checkpoints that are made by processes with different clocks."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.base import id as ids

from langgraph_server.checkpoints import succession
from langgraph_server.checkpoints.fence import Fence, FenceDown
from langgraph_server.checkpoints.saver import Saver
from tests.langgraph_server.databases import opened_saver


def made_in(minutes: float, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a process whose clock is so far ahead."""
    instant = datetime.now(UTC) + timedelta(minutes=minutes)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(ids, "_last_v6_timestamp", None)
        elsewhere.setattr("time.time_ns", lambda: int(instant.timestamp() * 10**9))
        return str(ids.uuid6(clock_seq=1))


@pytest.fixture(autouse=True)
def own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_last_v6_timestamp", None)


def of_thread(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}


async def put(saver: Saver, thread_id: str, checkpoint_id: str) -> None:
    await saver.aput(
        of_thread(thread_id), {**empty_checkpoint(), "id": checkpoint_id}, {"source": "loop", "step": 1}, {}
    )


async def test_what_follows_a_checkpoint_of_a_clock_that_is_ahead_is_the_latest(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id, ahead = str(uuid4()), made_in(10, monkeypatch)
    async with opened_saver() as saver:
        await put(saver, thread_id, ahead)
        where = of_thread(thread_id)
        assert await saver.aget_tuple(where)

        following = empty_checkpoint()["id"]
        await put(saver, thread_id, following)

        latest = await saver.aget_tuple(where)
        assert latest
        assert latest.checkpoint["id"] == following > ahead


@pytest.mark.parametrize(
    "strange", ["1", "a52b8a70-1475-40f7-908b-3d04c43b3a64", "ffffffff-ffff-6fff-bfff-ffffffffffff"]
)
def test_an_id_that_no_clock_made_moves_nothing(strange: str) -> None:
    succession.follow(strange)

    assert ids._last_v6_timestamp is None


async def test_who_stood_still_for_a_lease_is_given_no_state_to_begin_from(transactional_db: None) -> None:
    async with opened_saver() as saver:
        late = saver.fenced(Fence(uuid4(), 1), lambda: True)
        with pytest.raises(FenceDown):
            await late.aget_tuple(of_thread(str(uuid4())))

"""Follow a thread over all its runs."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.sse import HEARTBEAT, Frame, names, whole_frames

NOWHERE = "00000000-0000-4000-8000-000000000000"
ID = re.compile(r"\d+-\d+")
ECHO: Any = {"input": {"said": 1}}
#: What one `echo` run streams in the mode `values`, and the end of it.
ONE_RUN = ["metadata", "values", "values", "metadata"]


class Listening:
    """What a client of the thread's stream has got so far."""

    def __init__(self) -> None:
        self.body = b""

    @property
    def frames(self) -> list[Frame]:
        return whole_frames(self.body)

    async def until(self, satisfied: Callable[[list[Frame]], bool]) -> list[Frame]:
        async with asyncio.timeout(15):
            while not satisfied(self.frames):
                await asyncio.sleep(0.02)
        return self.frames

    async def until_done(self, runs: int) -> list[Frame]:
        return await self.until(lambda found: len(done(found)) >= runs)


def done(found: list[Frame]) -> list[str]:
    """The runs whose end was told."""
    ends = [frame for frame in found if frame.event == "metadata" and "status" in frame.data]
    assert all(frame.data == {"status": "run_done", "run_id": frame.data["run_id"]} for frame in ends)
    return [frame.data["run_id"] for frame in ends]


def key(frame: Frame) -> tuple[int, int]:
    epoch, seq = (frame.id or "").split("-")
    return int(epoch), int(seq)


@asynccontextmanager
async def listening(
    http: httpx.AsyncClient, thread_id: str, *, modes: str | None = None, after: str | None = None
) -> AsyncIterator[Listening]:
    headers = {"last-event-id": after} if after is not None else {}
    params = {"stream_modes": modes} if modes else {}
    heard = Listening()
    async with http.stream("GET", f"/threads/{thread_id}/stream", params=params, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"

        async def read() -> None:
            async for chunk in response.aiter_raw():
                heard.body += chunk

        reading = asyncio.create_task(read())
        # The first heartbeat tells that the server listens.
        await heard_a_heartbeat(heard, after)
        try:
            yield heard
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def heard_a_heartbeat(heard: Listening, after: str | None) -> None:
    async with asyncio.timeout(15):
        while after is None and HEARTBEAT not in heard.body:
            await asyncio.sleep(0.02)


async def ran(client: LangGraphClient, thread_id: str, **body: Any) -> str:
    run = await client.runs.create(thread_id, "echo", **{**ECHO, **body})
    await client.runs.join(thread_id, run["run_id"])
    return run["run_id"]


async def test_every_run_is_followed_from_its_start_to_its_end(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    async with listening(http, thread_id) as heard:
        runs = [await ran(client, thread_id) for _ in range(3)]
        found = await heard.until_done(3)

    assert names(found) == ONE_RUN * 3
    assert done(found) == runs
    assert [frame.data for frame in found if "attempt" in frame.data] == [{"run_id": r, "attempt": 1} for r in runs]
    assert [frame.data["count"] for frame in found[2::4]] == [1, 2, 3]


async def test_every_event_has_an_id_and_ids_grow_along_the_thread(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    async with listening(http, thread_id, modes="run_modes,state_update") as heard:
        for resumable in (True, False, True):
            await ran(client, thread_id, stream_resumable=resumable)
        await heard.until_done(3)
        await client.threads.update_state(thread_id, {"said": 2})
        found = await heard.until(lambda found: "state_update" in names(found))
    assert all(ID.fullmatch(frame.id or "") for frame in found)
    keys = [key(frame) for frame in found]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


async def test_each_run_is_told_in_the_modes_it_was_made_with(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    async with listening(http, thread_id) as heard:
        await ran(client, thread_id, stream_mode=["updates", "tasks"])
        await ran(client, thread_id, stream_mode="custom")
        found = await heard.until_done(2)
    assert sorted(names(found[1:4])) == ["tasks", "tasks", "updates"]
    assert names(found[:1] + found[4:]) == ["metadata"] * 4


async def test_the_life_of_runs_is_told_without_what_they_do(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    async with listening(http, thread_id, modes="lifecycle") as heard:
        first = await ran(client, thread_id)
        await client.threads.update_state(thread_id, {"said": 2})
        failed = (await client.runs.create(thread_id, "failing", input={"how": "spoken"}))["run_id"]
        found = await heard.until_done(2)
    assert [frame.data for frame in found] == [
        {"run_id": first, "attempt": 1},
        {"status": "run_done", "run_id": first},
        {"run_id": failed, "attempt": 1},
        {"status": "run_done", "run_id": failed},
    ]


async def test_an_error_and_a_cancel_end_a_run_for_followers_too(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    async with listening(http, thread_id) as heard:
        failed = (await client.runs.create(thread_id, "failing", input={"how": "spoken"}))["run_id"]
        await heard.until_done(1)
        stopped = (await client.runs.create(thread_id, "sleepy", input={"seconds": 60}))["run_id"]
        await heard.until(lambda found: any(frame.data.get("run_id") == stopped for frame in found))
        await client.runs.cancel(thread_id, stopped)
        found = await heard.until_done(2)
    assert [frame.data for frame in found if frame.event == "error"] == [{"error": "ValueError", "message": "boom!"}]
    assert done(found) == [failed, stopped]


async def test_a_written_state_is_told_as_it_is_read(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    await ran(client, thread_id)
    async with listening(http, thread_id, modes="state_update") as heard:
        await client.threads.update_state(thread_id, {"said": 2})
        (found,) = await heard.until(bool)
        state = (await http.get(f"/threads/{thread_id}/state")).json()
        await ran(client, thread_id)
        assert len(heard.frames) == 1
    assert found.event == "state_update"
    assert found.data == {"state": state, "thread_id": thread_id}
    assert state["values"] == {"said": 2, "count": 1}


async def test_what_has_happened_before_is_not_told(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    await ran(client, thread_id, stream_resumable=True)
    async with listening(http, thread_id) as heard:
        second = await ran(client, thread_id, stream_resumable=True)
        found = await heard.until_done(1)
    assert done(found) == [second]
    assert names(found) == ONE_RUN


async def test_a_run_that_is_under_way_is_followed_from_now_on(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    run = await client.runs.create(thread_id, "steps", input={"steps": 12, "seconds": 0.2})
    await asyncio.sleep(1)
    async with listening(http, thread_id) as heard:
        found = await heard.until_done(1)
    lengths = [len(frame.data["done"]) for frame in found if frame.event == "values"]
    assert lengths[0] > 1
    assert lengths == list(range(lengths[0], 13))
    assert done(found) == [run["run_id"]]


async def test_everything_kept_is_replayed_and_then_followed(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    kept = [await ran(client, thread_id, stream_resumable=resumable) for resumable in (True, False, True)]
    async with listening(http, thread_id, after="-") as heard:
        replayed = await heard.until_done(2)
        live = await ran(client, thread_id)
        found = await heard.until_done(3)
    assert done(replayed) == [kept[0], kept[2]]
    assert names(replayed) == ONE_RUN * 2
    assert done(found) == [kept[0], kept[2], live]
    assert names(found) == ONE_RUN * 3


async def test_replay_from_any_id_then_tail_is_the_rest_of_the_whole(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    async with listening(http, thread_id) as heard:
        for _ in range(3):
            await ran(client, thread_id, stream_resumable=True)
        whole = await heard.until_done(3)
    for place, frame in enumerate(whole[:-1]):
        async with listening(http, thread_id, after=frame.id) as heard:
            rest = whole[place + 1 :]
            found = await heard.until(lambda found, rest=rest: len(found) >= len(rest))  # type: ignore[misc]  # bound
        assert found == rest, frame.id


async def test_an_id_beyond_the_last_waits_for_what_comes(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    await ran(client, thread_id, stream_resumable=True)
    async with listening(http, thread_id, after="-") as heard:
        last = (await heard.until_done(1))[-1].id
    async with listening(http, thread_id, after=last) as heard:
        second = await ran(client, thread_id)
        found = await heard.until_done(1)
    assert done(found) == [second]


async def test_many_follow_one_thread_alike(http: httpx.AsyncClient, client: LangGraphClient, thread_id: str) -> None:
    async with listening(http, thread_id) as one, listening(http, thread_id) as other:
        runs = [(await client.runs.create(thread_id, "echo", **ECHO))["run_id"] for _ in range(5)]
        assert await one.until_done(5) == await other.until_done(5)
    assert done(one.frames) == runs


async def test_threads_do_not_hear_each_other(http: httpx.AsyncClient, client: LangGraphClient, thread_id: str) -> None:
    other = (await client.threads.create())["thread_id"]
    async with listening(http, thread_id, modes="run_modes,state_update") as heard:
        await ran(client, other)
        await client.threads.update_state(other, {"said": 2})
        mine = await ran(client, thread_id)
        found = await heard.until_done(1)
    assert done(found) == [mine]
    assert names(found) == ONE_RUN


async def test_an_unknown_thread_is_only_quiet(http: httpx.AsyncClient) -> None:
    async with listening(http, NOWHERE) as heard:
        assert heard.frames == []


@pytest.mark.parametrize(
    ("query", "headers", "detail"),
    [
        ("?stream_modes=bogus", {}, "Invalid stream mode: bogus"),
        ("?stream_modes=run_modes,bogus", {}, "Invalid stream mode: bogus"),
        ("", {"last-event-id": "bogus"}, "Invalid last-event-id: must be a valid Redis stream ID"),
        ("", {"last-event-id": "1-2-3"}, "Invalid last-event-id: must be a valid Redis stream ID"),
    ],
)
async def test_it_refuses_what_it_cannot_follow(
    http: httpx.AsyncClient, thread_id: str, query: str, headers: dict[str, str], detail: str
) -> None:
    response = await http.get(f"/threads/{thread_id}/stream{query}", headers=headers)
    assert (response.status_code, response.json()) == (422, {"detail": detail})


@pytest.mark.parametrize("after", ["0", "5", "0-*", "99999999999999999999-0", "1-99999999999999999999999"])
async def test_odd_ids_never_hurt(http: httpx.AsyncClient, thread_id: str, after: str) -> None:
    async with listening(http, thread_id, after=after) as heard:
        async with asyncio.timeout(10):
            while HEARTBEAT not in heard.body:
                await asyncio.sleep(0.05)
        assert heard.frames == []


async def test_the_sdk_follows_a_thread(client: LangGraphClient, thread_id: str) -> None:
    run_id = await ran(client, thread_id, stream_resumable=True)
    found = []
    async for part in await client.threads.join_stream(thread_id, last_event_id="-", stream_mode="lifecycle"):
        found.append((part.event, part.data))
        if len(found) == 2:
            break
    assert found == [
        ("metadata", {"run_id": run_id, "attempt": 1}),
        ("metadata", {"status": "run_done", "run_id": run_id}),
    ]

"""Join a run: wait for its end, or follow its stream from any event id."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.installation import Installation
from tests.support.sse import Frame, frames, names

NOWHERE = "00000000-0000-4000-8000-000000000000"


async def start(client: LangGraphClient, thread_id: str, **body: Any) -> str:
    body = {"input": {"steps": 6, "seconds": 0.2}, **body}
    return (await client.runs.create(thread_id, "steps", **body))["run_id"]


async def finished(client: LangGraphClient, thread_id: str, **body: Any) -> str:
    run_id = await start(client, thread_id, **{"input": {"steps": 3}, **body})
    await client.runs.join(thread_id, run_id)
    return run_id


async def joined(
    http: httpx.AsyncClient, thread_id: str, run_id: str, last_event_id: str | None = None, query: str = ""
) -> list[Frame]:
    headers = {"last-event-id": last_event_id} if last_event_id is not None else {}
    response = await http.get(f"/threads/{thread_id}/runs/{run_id}/stream{query}", headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    return frames(response.content)


# --- wait for the end


async def test_joining_a_running_run_gives_its_final_values(client: LangGraphClient, thread_id: str) -> None:
    run_id = await start(client, thread_id)
    values = await client.runs.join(thread_id, run_id)
    assert values["done"] == list(range(6))
    assert (await client.runs.get(thread_id, run_id))["status"] == "success"


async def test_joining_a_finished_run_gives_the_threads_current_values(client: LangGraphClient, thread_id: str) -> None:
    first = await finished(client, thread_id)
    await finished(client, thread_id)
    assert (await client.runs.join(thread_id, first))["done"] == list(range(6))


async def test_joining_has_the_headers_of_wait(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    run_id = await finished(client, thread_id)
    response = await http.get(f"/threads/{thread_id}/runs/{run_id}/join")
    assert response.headers["content-location"] == f"/threads/{thread_id}/runs/{run_id}"
    assert response.headers["location"] == f"/threads/{thread_id}/runs/{run_id}/join"
    assert response.headers["content-type"] == "application/json"


async def test_joining_an_unknown_run_is_an_error_in_the_body(http: httpx.AsyncClient, thread_id: str) -> None:
    response = await http.get(f"/threads/{thread_id}/runs/{NOWHERE}/join")
    assert response.status_code == 200
    assert response.json() == {"__error__": {"error": "HTTPException", "message": "404: Run not found"}}


async def test_joining_in_an_unknown_thread_is_not_found(http: httpx.AsyncClient) -> None:
    response = await http.get(f"/threads/{NOWHERE}/runs/{NOWHERE}/join")
    assert (response.status_code, response.json()) == (404, {"detail": "Thread not found"})


@pytest.mark.parametrize("action", ["join", "stream"])
async def test_ids_in_the_path_must_be_uuids(http: httpx.AsyncClient, thread_id: str, action: str) -> None:
    bad_run = await http.get(f"/threads/{thread_id}/runs/nope/{action}")
    bad_thread = await http.get(f"/threads/nope/runs/{NOWHERE}/{action}")
    assert (bad_run.status_code, bad_run.json()) == (422, {"detail": "Invalid run ID: must be a UUID"})
    assert bad_thread.status_code == 422
    assert bad_thread.json()["detail"].startswith("Invalid thread ID")


# --- follow the stream


async def test_a_running_run_is_followed_from_now_on(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, server: Installation
) -> None:
    run_id = await start(client, thread_id, durability="sync")
    server.until(lambda: server.value("SELECT count(*) FROM checkpoints WHERE thread_id = %s", thread_id) > 4)

    found = await joined(http, thread_id, run_id)

    assert set(names(found)) == {"values"}
    lengths = [len(frame.data["done"]) for frame in found]
    assert lengths[0] > 1
    assert lengths == list(range(lengths[0], 7))
    assert [frame.id for frame in found] == [None] * len(found)


async def test_a_finished_run_has_nothing_more_to_send(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    for resumable in (True, False):
        run_id = await finished(client, thread_id, stream_resumable=resumable)
        assert await joined(http, thread_id, run_id) == []


@pytest.mark.parametrize("start_id", ["-1", "0", "-"])
async def test_a_resumable_run_is_replayed_from_the_start(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, start_id: str
) -> None:
    run_id = await finished(client, thread_id, stream_resumable=True)
    found = await joined(http, thread_id, run_id, start_id)
    assert names(found) == ["metadata", "values", "values", "values", "values"]
    assert found[-1].data == {"steps": 3, "done": [0, 1, 2]}


async def test_replay_from_any_id_is_the_rest_of_the_stream_byte_for_byte(
    http: httpx.AsyncClient, thread_id: str
) -> None:
    body = {
        "assistant_id": "steps",
        "input": {"steps": 4},
        "stream_mode": ["values", "updates"],
        "stream_resumable": True,
    }
    live = await http.post(f"/threads/{thread_id}/runs/stream", json=body)
    whole = frames(live.content, heartbeats=False)
    blocks = live.content.split(b"\r\n\r\n")[:-1]

    for place, frame in enumerate(whole):
        again = await http.get(live.headers["location"], headers={"last-event-id": frame.id or ""})
        assert again.content.split(b"\r\n\r\n")[:-1] == blocks[place + 1 :]


async def test_replay_then_tail_is_the_whole_stream(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, server: Installation
) -> None:
    run_id = await start(client, thread_id, stream_resumable=True)
    server.until(lambda: server.value("SELECT count(*) FROM runs_runevent WHERE run_id = %s", run_id) > 2)

    found = await joined(http, thread_id, run_id, "-1")

    assert found == await joined(http, thread_id, run_id, "-1")
    assert names(found) == ["metadata"] + ["values"] * 7
    assert [int((frame.id or "").split("-")[1]) for frame in found] == list(range(1, 9))


async def test_short_resumable_runs_keep_every_event(http: httpx.AsyncClient, server: Installation) -> None:
    """The last events of some are still on the way to the rows when their graph has ended."""
    body = {"assistant_id": "ticker", "stream_mode": ["custom", "values"], "stream_resumable": True}
    kept = "SELECT array_agg(event ORDER BY seq) FROM runs_runevent WHERE run_id = %s"
    for count in range(8):
        asked = {**body, "input": {"count": count, "seconds": 0}}
        lives = await asyncio.gather(*(http.post("/runs/stream", json=asked) for _ in range(25)))
        for whole in [frames(live.content) for live in lives]:
            assert names(whole).count("custom") == count
            assert server.value(kept, whole[0].data["run_id"]) == [*names(whole), "end"]


async def test_who_comes_back_after_the_retention_is_told_that_the_events_are_gone(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, server: Installation
) -> None:
    run_id = await finished(client, thread_id, stream_resumable=True)
    never_begun = await start(client, thread_id, stream_resumable=True, after_seconds=3600)
    await client.runs.cancel(thread_id, never_begun)
    kept = await joined(http, thread_id, run_id, "1-4")
    server.rows(
        "UPDATE runs_run SET ended_at = ended_at - interval '1 day' WHERE thread_id = %s RETURNING 1", thread_id
    )
    server.rows("DELETE FROM runs_runevent WHERE run_id = %s RETURNING 1", run_id)

    for last_event_id in ("1-4", "-1"):
        (told,) = await joined(http, thread_id, run_id, last_event_id)
        assert (told.event, told.data["error"]) == ("error", "HTTPException")
        assert told.data["message"].startswith("410: The events of this run are no longer kept.")
    assert names(kept).count("error") == 0
    assert await joined(http, thread_id, run_id) == []
    assert await joined(http, thread_id, run_id, "bogus") == []
    assert await joined(http, thread_id, never_begun, "-1") == []
    # Whoever checks the rows after all tests would miss the events.
    await client.threads.delete(thread_id)


async def test_an_id_that_is_none_yields_nothing(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    run_id = await finished(client, thread_id, stream_resumable=True)
    for garbage in ("bogus", "zz-1", "~", "9999999999999999-0"):
        assert await joined(http, thread_id, run_id, garbage) == []


@pytest.mark.parametrize(
    "garbage", ["1-1-1", "1_000-1", "-5", "\u0661-\u0661", "1" * 5000, "1-" + "9" * 40, "' OR 1=1"]
)
async def test_odd_ids_never_hurt(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, garbage: str
) -> None:
    run_id = await finished(client, thread_id, stream_resumable=True)
    response = await http.get(
        f"/threads/{thread_id}/runs/{run_id}/stream", headers=[(b"last-event-id", garbage.encode())]
    )
    assert response.status_code == 200
    frames(response.content)


async def test_a_run_that_is_not_resumable_ignores_the_id_and_goes_on_live(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, server: Installation
) -> None:
    run_id = await start(client, thread_id, durability="sync")
    server.until(lambda: server.value("SELECT count(*) FROM checkpoints WHERE thread_id = %s", thread_id) > 4)
    found = await joined(http, thread_id, run_id, "-1")
    assert "metadata" not in names(found)
    assert found[-1].data["done"] == list(range(6))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?stream_mode=values", {"values"}),
        ("?stream_mode=updates", {"updates"}),
        ('?stream_mode=["values","updates"]', {"values", "updates"}),
        ("?stream_mode=values,updates", set()),
        ("?stream_mode=custom", set()),
        ("", {"metadata", "values", "updates"}),
    ],
)
async def test_a_joiner_may_filter_by_mode(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, query: str, shown: set[str]
) -> None:
    run_id = await finished(client, thread_id, stream_resumable=True, stream_mode=["values", "updates"])
    assert set(names(await joined(http, thread_id, run_id, "-1", query))) == shown


async def test_a_filter_knows_subgraphs_and_tokens_by_their_base_mode(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    run = await client.runs.create(
        thread_id, "nested", input={"path": []}, stream_mode="updates", stream_subgraphs=True, stream_resumable=True
    )
    await client.runs.join(thread_id, run["run_id"])
    found = await joined(http, thread_id, run["run_id"], "-1", "?stream_mode=updates")
    assert {name.split("|")[0] for name in names(found)} == {"updates"}
    assert any("|" in name for name in names(found))

    chat = await client.runs.create(
        None, "chat", input={"messages": []}, stream_mode="messages-tuple", stream_resumable=True, on_completion="keep"
    )
    await client.runs.join(chat["thread_id"], chat["run_id"])
    found = await joined(http, chat["thread_id"], chat["run_id"], "-1", "?stream_mode=messages-tuple")
    assert set(names(found)) == {"messages"}


@pytest.mark.parametrize("known_thread", [True, False])
async def test_an_unknown_run_is_one_error_event(http: httpx.AsyncClient, thread_id: str, known_thread: bool) -> None:
    found = await joined(http, thread_id if known_thread else NOWHERE, str(uuid4()))
    assert found == [Frame("error", {"error": "HTTPException", "message": "404: Run not found"}, None)]


async def test_many_may_follow_one_run(http: httpx.AsyncClient, client: LangGraphClient, thread_id: str) -> None:
    run_id = await start(client, thread_id, stream_resumable=True)
    streams = await asyncio.gather(*(joined(http, thread_id, run_id, "-1") for _ in range(10)))
    assert len(streams[0]) == 8
    assert all(stream == streams[0] for stream in streams)


async def test_a_joiner_of_a_run_that_waits_for_its_turn_sees_all_of_it(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    first = await start(client, thread_id, input={"steps": 4, "seconds": 0.2})
    second = await start(client, thread_id, input={"steps": 2, "seconds": 0.0})
    found = await joined(http, thread_id, second)
    assert names(found) == ["metadata", "values", "values", "values"]
    assert found[0].data["run_id"] == second
    assert (await client.runs.get(thread_id, first))["status"] == "success"


async def test_the_sdk_joins_a_stream(client: LangGraphClient, thread_id: str) -> None:
    run_id = await start(client, thread_id, stream_resumable=True)
    parts = [
        part async for part in client.runs.join_stream(thread_id, run_id, last_event_id="-1", stream_mode="values")
    ]
    assert [part.event for part in parts] == ["values"] * 7
    assert parts[-1].data["done"] == list(range(6))

"""Create a run and stream it, byte for byte."""

import re
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.sse import HEARTBEAT, Frame, frames, names

RUN = re.compile(r"/threads/([0-9a-f-]{36})/runs/([0-9a-f-]{36})")
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


async def post(http: httpx.AsyncClient, thread_id: str | None, assistant_id: str, **body: Any) -> httpx.Response:
    path = f"/threads/{thread_id}/runs/stream" if thread_id else "/runs/stream"
    response = await http.post(path, json={"assistant_id": assistant_id, **body})
    assert response.status_code == 200, response.text
    return response


async def stream(http: httpx.AsyncClient, thread_id: str | None, assistant_id: str, **body: Any) -> list[Frame]:
    return frames((await post(http, thread_id, assistant_id, **body)).content)


async def test_frames_are_event_and_data_in_crlf_lines_and_nothing_else(
    http: httpx.AsyncClient, thread_id: str
) -> None:
    response = await post(http, thread_id, "echo", input={"said": "hé"})
    match = RUN.fullmatch(response.headers["content-location"])
    assert match
    assert response.content.decode() == (
        f'event: metadata\r\ndata: {{"run_id":"{match[2]}","attempt":1}}\r\n\r\n'
        'event: values\r\ndata: {"said":"hé"}\r\n\r\n'
        'event: values\r\ndata: {"said":"hé","count":1}\r\n\r\n'
    )


async def test_frames_of_a_resumable_run_carry_ids(http: httpx.AsyncClient, thread_id: str) -> None:
    response = await post(http, thread_id, "echo", input={"said": 1}, stream_resumable=True)
    pattern = (
        rb'event: metadata\r\ndata: {"run_id":"[0-9a-f-]{36}","attempt":1}\r\nid: (\d+)-1\r\n\r\n'
        rb'event: values\r\ndata: {"said":1}\r\nid: (\d+)-2\r\n\r\n'
        rb'event: values\r\ndata: {"said":1,"count":1}\r\nid: (\d+)-3\r\n\r\n'
    )
    match = re.fullmatch(pattern, response.content)
    assert match
    assert len(set(match.groups())) == 1


async def test_ids_grow_along_the_runs_of_a_thread(http: httpx.AsyncClient, thread_id: str) -> None:
    found = []
    for _ in range(3):
        found += await stream(http, thread_id, "echo", input={"said": 1}, stream_resumable=True)
    ids = [tuple(map(int, (frame.id or "").split("-"))) for frame in found]
    assert ids == sorted(set(ids))


async def test_headers_of_a_stream(http: httpx.AsyncClient, thread_id: str) -> None:
    headers = (await post(http, thread_id, "echo", input={})).headers
    match = RUN.fullmatch(headers["content-location"])
    assert match
    assert match[1] == thread_id
    assert headers["location"] == f"{headers['content-location']}/stream"
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["x-accel-buffering"] == "no"
    assert headers["vary"] == "Origin"
    assert headers["transfer-encoding"] == "chunked"
    assert "content-encoding" not in headers


async def test_headers_of_a_stateless_stream_name_no_thread(http: httpx.AsyncClient) -> None:
    headers = (await post(http, None, "echo", input={})).headers
    assert re.fullmatch(rf"/runs/{UUID}", headers["content-location"])
    assert headers["location"] == f"{headers['content-location']}/stream"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (
            "values",
            [
                ("values", {"path": []}),
                ("values", {"path": ["outer"]}),
                ("values", {"path": ["outer", "outer", "inner"]}),
            ],
        ),
        (
            "updates",
            [("updates", {"outer": {"path": ["outer"]}}), ("updates", {"child": {"path": ["outer", "inner"]}})],
        ),
        ("custom", [("custom", {"from": "outer"})]),
        ("messages-tuple", []),
        (
            ["values", "updates", "custom"],
            [
                ("values", {"path": []}),
                ("custom", {"from": "outer"}),
                ("updates", {"outer": {"path": ["outer"]}}),
                ("values", {"path": ["outer"]}),
                ("updates", {"child": {"path": ["outer", "inner"]}}),
                ("values", {"path": ["outer", "outer", "inner"]}),
            ],
        ),
    ],
)
async def test_each_mode_gives_its_events_after_the_metadata(
    http: httpx.AsyncClient, thread_id: str, mode: Any, expected: list[tuple[str, Any]]
) -> None:
    first, *rest = await stream(http, thread_id, "nested", input={"path": []}, stream_mode=mode)
    assert first.event == "metadata"
    assert [(frame.event, frame.data) for frame in rest] == expected


async def test_subgraphs_are_named_after_their_node_and_task(http: httpx.AsyncClient, thread_id: str) -> None:
    modes = ["values", "updates", "custom"]
    found = await stream(http, thread_id, "nested", input={"path": []}, stream_mode=modes, stream_subgraphs=True)
    inner = [frame for frame in found if "|" in frame.event]
    assert {frame.event.split("|")[0] for frame in inner} == set(modes)
    (namespace,) = {frame.event.split("|", 1)[1] for frame in inner}
    assert re.fullmatch(rf"child:{UUID}", namespace)
    assert [frame.data for frame in inner if frame.event.startswith("custom|")] == [{"from": "inner"}]
    assert [frame.data for frame in inner if frame.event.startswith("updates|")] == [{"inner": {"path": ["inner"]}}]


async def test_tokens_of_a_model_come_one_by_one(http: httpx.AsyncClient, thread_id: str) -> None:
    body = {"messages": [{"type": "human", "content": "go"}], "tokens": 4}
    first, *rest = await stream(http, thread_id, "chat", input=body, stream_mode="messages-tuple")

    assert first.event == "metadata"
    assert {frame.event for frame in rest} == {"messages"}
    chunks = [frame.data[0] for frame in rest]
    told = [frame.data[1] for frame in rest]
    assert [chunk["content"] for chunk in chunks if chunk["content"]] == ["t0 ", "t1 ", "t2 ", "t3 "]
    assert {chunk["type"] for chunk in chunks} == {"AIMessageChunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert chunks[-1]["chunk_position"] == "last"
    assert list(chunks[0])[:6] == ["content", "additional_kwargs", "response_metadata", "type", "name", "id"]
    assert {(meta["langgraph_node"], meta["langgraph_step"], meta["thread_id"]) for meta in told} == {
        ("model", 1, thread_id)
    }


async def test_messages_in_the_state_have_the_flat_form(http: httpx.AsyncClient, thread_id: str) -> None:
    body = {"messages": [{"role": "user", "content": "go"}], "tokens": 2}
    *_, last = await stream(http, thread_id, "chat", input=body)
    human, ai = last.data["messages"]
    assert list(human) == ["content", "additional_kwargs", "response_metadata", "type", "name", "id"]
    assert (human["type"], human["content"], ai["type"], ai["content"]) == ("human", "go", "ai", "t0 t1 ")
    assert re.fullmatch(UUID, human["id"])


async def test_an_error_is_the_last_event(http: httpx.AsyncClient, thread_id: str) -> None:
    found = await stream(http, thread_id, "failing", input={"how": "spoken"})
    assert names(found) == ["metadata", "values", "values", "error"]
    assert found[-1].data == {"error": "ValueError", "message": "boom!"}


@pytest.mark.parametrize("body", [{"how": "spoken"}, {"how": "masked"}])
async def test_no_end_event_is_ever_sent(http: httpx.AsyncClient, thread_id: str, body: dict[str, str]) -> None:
    for resumable in (True, False):
        found = await stream(http, thread_id, "failing", input=body, stream_resumable=resumable)
        assert "end" not in names(found)


async def test_heartbeats_come_in_quiet_intervals(http: httpx.AsyncClient) -> None:
    content = (await post(http, None, "sleepy", input={"seconds": 1.8})).content
    assert content.count(HEARTBEAT) >= 2
    assert names(frames(content)) == ["metadata", "values", "values"]


async def test_headers_and_metadata_arrive_while_the_graph_still_works(http: httpx.AsyncClient) -> None:
    body = {"assistant_id": "sleepy", "input": {"seconds": 60}, "on_disconnect": "cancel"}
    async with http.stream("POST", "/runs/stream", json=body) as response:
        async for chunk in response.aiter_raw():
            if b"event: values" in chunk:
                break


@pytest.mark.parametrize("resumable", [True, False])
async def test_a_long_stream_is_complete_and_in_order(http: httpx.AsyncClient, resumable: bool) -> None:
    body = {"count": 5000, "seconds": 0}
    found = await stream(
        http, None, "ticker", input=body, stream_mode="custom", stream_resumable=resumable, on_completion="keep"
    )
    assert [frame.data["tick"] for frame in found if frame.event == "custom"] == list(range(5000))


async def test_a_frame_holds_one_line_whatever_the_graph_sends(http: httpx.AsyncClient, thread_id: str) -> None:
    said = "a\r\nevent: forged\r\n\r\n\u2028\x85 b"
    found = await stream(http, thread_id, "echo", input={"said": said})
    assert names(found) == ["metadata", "values", "values"]
    assert found[1].data == {"said": said}


async def test_the_sdk_reads_a_stream(client: LangGraphClient, thread_id: str) -> None:
    created: list[Any] = []
    parts = [
        part
        async for part in client.runs.stream(
            thread_id,
            "steps",
            input={"steps": 2},
            stream_mode=["values", "updates"],
            stream_resumable=True,
            on_run_created=created.append,
        )
    ]
    assert [part.event for part in parts] == ["metadata", "values", "updates", "values", "updates", "values"]
    assert parts[-1].data == {"steps": 2, "done": [0, 1]}
    assert [part.id is not None for part in parts] == [True] * 6
    assert created == [{"run_id": parts[0].data["run_id"], "thread_id": thread_id}]

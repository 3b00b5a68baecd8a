"""The event protocol as a bare client speaks it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx

from tests.support.sse import whole_frames

EVERY = ["values", "updates", "messages", "tools", "lifecycle", "input", "checkpoints", "tasks", "custom"]
Envelope = dict[str, Any]


def new_thread() -> str:
    return str(uuid4())


async def command(http: httpx.AsyncClient, thread_id: str, method: str, **params: Any) -> Any:
    response = await http.post(f"/threads/{thread_id}/commands", json={"id": 7, "method": method, "params": params})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["id"] == 7
    return answer


async def start(http: httpx.AsyncClient, thread_id: str, assistant: str, **params: Any) -> str:
    answer = await command(http, thread_id, "run.start", assistant_id=assistant, **params)
    assert answer["type"] == "success", answer
    assert answer["meta"] == {"applied_through_seq": 0}
    return str(answer["result"]["run_id"])


class Following:
    """What has arrived so far."""

    def __init__(self) -> None:
        self.body = b""

    @property
    def envelopes(self) -> list[Envelope]:
        frames = whole_frames(self.body)
        for frame in frames:
            assert frame.event == frame.data["method"]
            assert frame.id == str(frame.data["seq"])
            assert frame.data["type"] == "event"
        return [frame.data for frame in frames]

    async def until(self, satisfied: Callable[[list[Envelope]], object], *, patience: float = 20) -> list[Envelope]:
        async with asyncio.timeout(patience):
            while not satisfied(self.envelopes):
                await asyncio.sleep(0.02)
        return self.envelopes

    async def until_ends(self, count: int = 1) -> list[Envelope]:
        return await self.until(lambda found: len(ends(found)) >= count)


@asynccontextmanager
async def following(
    http: httpx.AsyncClient, thread_id: str, channels: Sequence[str] = EVERY, **asked: Any
) -> AsyncIterator[Following]:
    heard = Following()
    body = {"channels": list(channels), **asked}
    async with http.stream("POST", f"/threads/{thread_id}/stream/events", json=body) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"

        async def read() -> None:
            async for chunk in response.aiter_raw():
                heard.body += chunk

        reading = asyncio.create_task(read())
        try:
            yield heard
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def followed(
    http: httpx.AsyncClient, thread_id: str, channels: Sequence[str] = EVERY, *, runs: int = 1, **asked: Any
) -> list[Envelope]:
    async with following(http, thread_id, channels, **asked) as heard:
        return await heard.until_ends(runs)


def ends(found: Sequence[Envelope]) -> list[str]:
    """How the runs on it came to rest."""
    told = [envelope["params"]["data"]["event"] for envelope in of_root(found, "lifecycle")]
    return [event for event in told if event != "running"]


def of_root(found: Sequence[Envelope], method: str) -> list[Envelope]:
    return [envelope for envelope in found if envelope["method"] == method and not envelope["params"]["namespace"]]


def data(found: Sequence[Envelope], method: str) -> list[Any]:
    return [envelope["params"]["data"] for envelope in found if envelope["method"] == method]


def story(found: Sequence[Envelope]) -> list[tuple[str, str, Any]]:
    """Method, node of the innermost namespace, and what matters of the data."""
    return [(one["method"], place(one), gist(one)) for one in found]


def place(envelope: Envelope) -> str:
    namespace = envelope["params"]["namespace"]
    return namespace[-1].split(":")[0] if namespace else ""


def gist(envelope: Envelope) -> Any:
    told = envelope["params"]["data"]
    return told["event"] if envelope["method"] == "lifecycle" else told

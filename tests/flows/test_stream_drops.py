"""A client whose connection breaks again and again loses and doubles nothing."""

import asyncio
import random

import httpx

from tests.flows.conftest import Report
from tests.support.installation import Installation
from tests.support.sse import Frame, whole_frames

TICKS = 300
DROPS = 20
BODY = {
    "assistant_id": "ticker",
    "input": {"count": TICKS, "seconds": 0.015},
    "stream_mode": "custom",
    "stream_resumable": True,
}


async def read_some(response: httpx.Response, wanted: int) -> tuple[list[Frame], bool]:
    """Whole frames until so many have arrived, then the connection is cut; True if the server closed first."""
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(whole_frames(body)) >= wanted:
            # What is beyond the last id that the client takes note of counts as lost with the connection.
            return whole_frames(body)[:wanted], False
    return whole_frames(body), True


async def follow_with_drops(http: httpx.AsyncClient, seed: int) -> tuple[list[Frame], int]:
    cuts = random.Random(seed)
    thread_id = (await http.post("/threads", json={})).json()["thread_id"]
    async with http.stream("POST", f"/threads/{thread_id}/runs/stream", json=BODY) as response:
        location = response.headers["location"]
        seen, closed = await read_some(response, cuts.randint(1, 12))
    drops = 0
    while not closed:
        drops += 1
        # The last pieces are long enough that all of the events fit into the drops.
        wanted = cuts.randint(1, 24) if drops < DROPS else TICKS * 2
        async with http.stream("GET", location, headers={"last-event-id": seen[-1].id or ""}) as response:
            more, closed = await read_some(response, wanted)
        seen += more
    return seen, drops


async def test_a_stream_with_twenty_drops_is_complete_and_in_order(server: Installation, report: Report) -> None:
    async with server.http() as http:
        followed = await asyncio.gather(*(follow_with_drops(http, seed) for seed in range(3)))
    for seen, drops in followed:
        assert drops == DROPS
        assert [frame.event for frame in seen] == ["metadata"] + ["custom"] * TICKS
        assert [frame.data["tick"] for frame in seen[1:]] == list(range(TICKS))
        assert [int((frame.id or "").split("-")[1]) for frame in seen] == list(range(1, TICKS + 2))
    assert server.audit() == {}
    report(streams=3, drops_each=DROPS, events_each=TICKS)

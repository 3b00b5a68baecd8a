"""A node that blocks: its run keeps the lease, and its client sees that the server lives."""

import asyncio
import itertools
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.support.installation import Installation, installed
from tests.support.sse import HEARTBEAT, frames, names

BEAT = 1.0
#: Shorter than the nodes block.
LEASE = 3
SECONDS = 6.0


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    settings = {
        "LANGGRAPH_SERVER_LEASE_SECS": str(LEASE),
        "LANGGRAPH_SERVER_SWEEP_SECS": "1",
        "LANGGRAPH_SERVER_HEARTBEAT_SECS": str(BEAT),
    }
    with installed(tmp_path_factory.mktemp("blocking"), settings=settings) as installation:
        installation.start(workers=1)
        yield installation


async def watched(http: httpx.AsyncClient, graph: str, **given: object) -> tuple[bytes, list[float]]:
    """The body, and when heartbeats came."""
    body, beats = b"", [time.monotonic()]
    request = {"assistant_id": graph, "input": given, "on_completion": "keep"}
    async with http.stream("POST", "/runs/stream", json=request) as response:
        async for chunk in response.aiter_raw():
            body += chunk
            beats += [time.monotonic()] * chunk.count(HEARTBEAT)
    return body, beats


async def test_blocked_runs_keep_their_lease_and_their_clients_hear_a_heartbeat(impatient: Installation) -> None:
    """One blocks a thread, the other the worker's whole loop."""
    async with impatient.http() as http:
        watching = asyncio.gather(
            watched(http, "blocking", seconds=SECONDS), watched(http, "sleepy", seconds=SECONDS / 2, blocking=True)
        )
        for body, beats in await watching:
            gaps = [later - earlier for earlier, later in itertools.pairwise(beats)]
            assert names(frames(body)) == ["metadata", "values", "values"]
            assert frames(body)[-1].data["slept"] is True
            assert len(gaps) >= SECONDS / BEAT / 2
            assert max(gaps) < 2.5 * BEAT, gaps
    assert impatient.rows("SELECT DISTINCT status, attempt, crashes FROM runs_run") == [("success", 1, 0)]
    assert SECONDS > LEASE

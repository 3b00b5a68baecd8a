"""Clients that do not read, or never say what they want, cost little."""

import asyncio
import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
import uvicorn
from langgraph_sdk.client import LangGraphClient

from langgraph_server import patience
from tests.support.installation import Installation

MEGABYTE = 2**20
READERS = 20
#: 30 MB a reader.
TICKS = {"count": 300, "size": 100_000}
HALF_OPEN = 400


def memory(server: Installation) -> int:
    (web,) = [process for process in server.processes if process.name == "web"]
    return int(psutil.Process(web.popen.pid).memory_info().rss)


def connected(server: Installation, stack: ExitStack) -> socket.socket:
    where = urlsplit(server.url)
    raw = stack.enter_context(socket.socket())
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect((where.hostname, where.port))
    return raw


@pytest.mark.parametrize("late", [False, True])
async def test_readers_who_do_not_read_cost_bounded_memory(
    server: Installation, http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, late: bool
) -> None:
    begun = {
        "assistant_id": "ticker",
        "input": {**TICKS, "seconds": 0.01},
        "stream_mode": ["custom"],
        "stream_resumable": late,
    }
    run = (await http.post(f"/threads/{thread_id}/runs", json=begun)).json()
    if late:
        await client.runs.join(thread_id, run["run_id"])
    before = memory(server)
    path = f"/threads/{thread_id}/runs/{run['run_id']}/stream?stream_mode=custom"
    with ExitStack() as stack:
        for _ in range(READERS):
            connected(server, stack).sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        await client.runs.join(thread_id, run["run_id"])
        most = 0
        for _ in range(20):
            most = max(most, memory(server) - before)
            await asyncio.sleep(0.1)
        assert (await http.get("/ok")).status_code == 200
    assert most < READERS * 12 * MEGABYTE, most / MEGABYTE


async def test_connections_that_say_nothing_cost_little(server: Installation, http: httpx.AsyncClient) -> None:
    before = memory(server)
    with ExitStack() as stack:
        for number in range(HALF_OPEN):
            half = b"POST /threads HTTP/1.1\r\nhost: x\r\n" + b"content-length: 100\r\n\r\n{" * (number % 2)
            connected(server, stack).sendall(half)
        began = time.monotonic()
        assert (await http.get("/ok")).status_code == 200
        assert (await http.post("/threads", json={})).status_code == 200
        assert time.monotonic() - began < 10
        assert memory(server) - before < 60 * MEGABYTE


async def test_a_request_that_is_never_said_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def application(scope: object, receive: object, send: object) -> None: ...

    monkeypatch.setattr(patience, "PATIENCE", 0.2)
    config = uvicorn.Config(application, http=patience.PatientProtocol, lifespan="off", log_config=None)
    config.load()
    state = uvicorn.server.ServerState()
    loop = asyncio.get_running_loop()
    serving = await loop.create_server(lambda: patience.PatientProtocol(config, state, {}), "127.0.0.1", 0)
    async with serving:
        for said in (b"", b"GET / HTTP/1.1\r\nhost: x\r\n"):
            reader, writer = await asyncio.open_connection(*serving.sockets[0].getsockname())
            writer.write(said)
            assert await asyncio.wait_for(reader.read(), 10) == b""
            writer.close()

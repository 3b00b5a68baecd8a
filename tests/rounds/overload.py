"""Far more than the machine can do: what is accepted is kept, the rest is told so, memory stays bounded."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from tests.rounds import streams
from tests.rounds.caller import Caller, calling
from tests.rounds.ground import Ground
from tests.rounds.probe import probing
from tests.rounds.verdict import Findings

STEPS = 40
#: What each reader gets: one a step, and the run's own first.
EVENTS = STEPS + 1


async def posted(ground: Ground, *, posts: int, connections: int, readers: int, half_open: int) -> Findings:
    """`posts` from `connections` at once, beside `readers` of streams and `half_open` requests never finished."""
    findings = Findings()
    ground.muster(workers=2)
    webs = [psutil.Process(web.popen.pid) for web in ground.server.alive("web")]
    _, port = ground.server.listener.getsockname()
    before = rss(webs)
    async with calling(ground) as caller, probing(port) as health:
        caller.crowd = asyncio.Semaphore(connections)
        with half_opened(ground, half_open):
            accepted, read = await loaded(ground, caller, posts, readers)
            peak = rss(webs)
    findings.refuse("a client got a 5xx that is no 503", caller.failures)
    findings.refuse("a reader missed events", [len(each.frames) for each in read if len(each.frames) != EVENTS][:10])
    findings.audit(ground, accepted)
    findings.require("web processes lived on", all(web.is_running() for web in webs))
    late = health[int(len(health) * 0.99)]
    findings.require("/ok answered within a second at the 99th percentile", late < 1.0)
    findings.tell(posts=posts, accepted=len(accepted), readers=readers, half_open=half_open, told=dict(caller.told))
    findings.tell(ok_p50=health[len(health) // 2], ok_p99=late, ok_longest=health[-1], ok_asked=len(health))
    findings.tell(web_megabytes_before=before / 2**20, web_megabytes_after=peak / 2**20)
    return findings


async def loaded(ground: Ground, caller: Caller, posts: int, readers: int) -> tuple[list[str], list[streams.Followed]]:
    followed = [await streams.start(caller, STEPS, 0.5) for _ in range(min(readers, 10))]
    reading = [
        asyncio.create_task(streams.follow(caller, ground, followed[place % len(followed)], 0, STEPS))
        for place in range(readers)
    ]
    accepted = await all_posted(ground, caller, posts)
    await ground.settled(patience=300)
    return accepted, await asyncio.gather(*reading)


async def all_posted(ground: Ground, caller: Caller, posts: int) -> list[str]:
    accepted: list[str] = []
    body: dict[str, Any] = {"assistant_id": "echo", "input": {"said": 1}, "on_completion": "keep"}

    async def post() -> None:
        response = await caller.ask("POST", "/runs", body)
        if response is not None and response.is_success:
            accepted.append(response.json()["run_id"])
        ground.progress(len(accepted), posts)

    await asyncio.gather(*(post() for _ in range(posts)))
    return accepted


@contextmanager
def half_opened(ground: Ground, count: int) -> Iterator[None]:
    opened: list[socket.socket] = []
    try:
        for _ in range(count):
            connection = socket.create_connection(ground.server.listener.getsockname())
            connection.sendall(b"POST /threads HTTP/1.1\r\nhost: half\r\ncontent-length: 100\r\n\r\n{")
            opened.append(connection)
        yield
    finally:
        for connection in opened:
            connection.close()


def rss(processes: list[psutil.Process]) -> int:
    return sum(process.memory_info().rss for process in processes)

"""Clients that lose their connection, their server, and Redis with it, still read each event once and in order."""

import asyncio
import socket
from contextlib import suppress
from typing import NamedTuple

import httpx
import psutil

from tests.rounds.caller import Caller, calling
from tests.rounds.ground import Ground
from tests.rounds.redis import flush
from tests.rounds.storm import storm
from tests.rounds.verdict import Findings
from tests.support.sse import Frame, whole_frames

KEPT = "SELECT seq, event, data FROM runs_runevent WHERE run_id = %s AND event <> 'end' ORDER BY seq"
PAUSE = 0.2


class Stream(NamedTuple):
    thread_id: str
    run_id: str

    @property
    def path(self) -> str:
        return f"/threads/{self.thread_id}/runs/{self.run_id}/stream"


class Followed(NamedTuple):
    frames: list[Frame]
    drops: int


async def struck(
    ground: Ground, *, streams: int, events: int, pause: float, drops: int, every: float, strikes: int
) -> Findings:
    """Web processes are killed and Redis is flushed in turn; workers are killed more seldom."""
    findings = Findings()
    ground.muster()
    faults = ["web", "redis", "web", "redis", "worker"]
    async with calling(ground) as caller:
        started = await asyncio.gather(*(start(caller, events, pause) for _ in range(streams)))
        readings = [asyncio.create_task(follow(caller, ground, stream, drops, events)) for stream in started]
        async with storm(lambda: strike(ground, faults), every=every, chance=ground.chance) as storming:
            while storming.strikes < strikes and not all(reading.done() for reading in readings):
                ground.progress(sum(reading.done() for reading in readings), streams)
                await asyncio.sleep(0.2)
        settled = await ground.settled(patience=180)
        async with asyncio.timeout(120):
            followed = await asyncio.gather(*readings)
    for stream, (frames, _) in zip(started, followed, strict=True):
        kept = ground.server.rows(KEPT, stream.run_id)
        read = [(int((frame.id or "0-0").split("-")[1]), frame.event) for frame in frames]
        findings.refuse("a stream differs from its log", differences(read, [(seq, name) for seq, name, _ in kept]))
        findings.refuse("ids have gaps or come twice", gaps([seq for seq, _ in read]))
        ticks = [frame.data["tick"] for frame in frames if frame.event == "custom"]
        findings.require("the last attempt is whole", ticks[-events:] == list(range(events)))
    findings.audit(ground, [stream.run_id for stream in started])
    findings.tell(streams=streams, events_each=events, strikes=storming.strikes, settled_seconds=settled)
    findings.tell(drops=sum(each.drops for each in followed), events_read=sum(len(each.frames) for each in followed))
    return findings


def strike(ground: Ground, faults: list[str]) -> None:
    victim = ground.chance.choice(faults)
    if victim == "redis":
        flush(ground)
    else:
        ground.replace(victim)


async def start(caller: Caller, events: int, pause: float) -> Stream:
    thread_id = await caller.thread()
    wanted = {"count": events, "seconds": pause}
    run_id = await caller.run(
        thread_id, assistant_id="ticker", input=wanted, stream_mode=["custom"], stream_resumable=True
    )
    return Stream(thread_id, run_id)


async def follow(caller: Caller, ground: Ground, stream: Stream, drops: int, events: int) -> Followed:
    """From the start; cuts its own connection now and then, and comes back whenever it is cut."""
    frames: list[Frame] = []
    dropped = 0
    while True:
        wanted = ground.chance.randint(1, max(1, 2 * events // max(drops, 1))) if dropped < drops else 10**9
        last = frames[-1].id if frames else "-1"
        more, whole = await read(caller, stream, last or "-1", wanted)
        frames += more
        if whole:
            return Followed(frames, dropped)
        dropped += 1


async def read(caller: Caller, stream: Stream, last: str, wanted: int) -> tuple[list[Frame], bool]:
    """Whole frames, and whether the server ended the stream properly."""
    body = b""
    try:
        async with caller.http.stream("GET", stream.path, headers={"last-event-id": last}) as response:
            if response.status_code != 200:
                caller.told[str(response.status_code)] += 1
                await asyncio.sleep(PAUSE)
                return [], False
            async for chunk in response.aiter_raw():
                body += chunk
                if body.count(b"\r\nid: ") >= wanted:
                    return whole_frames(body)[:wanted], False
    except httpx.TransportError as error:
        caller.told[type(error).__name__] += 1
        await asyncio.sleep(PAUSE)
        return whole_frames(body), False
    return whole_frames(body), True


def differences(read: list[tuple[int, str]], kept: list[tuple[int, str]]) -> list[object]:
    return [(one, other) for one, other in zip(read, kept, strict=False) if one != other][:3] + (
        [(len(read), len(kept))] if len(read) != len(kept) else []
    )


def gaps(seqs: list[int]) -> list[tuple[int, int]]:
    return [(wanted, seq) for wanted, seq in zip(range(1, len(seqs) + 1), seqs, strict=True) if wanted != seq][:3]


async def slow_readers(ground: Ground, *, readers: int, events: int, pause: float) -> Findings:
    """Readers that take a byte a second: the web process neither waits for them nor grows with them."""
    findings = Findings()
    ground.muster(web=1, workers=1)
    web = psutil.Process(ground.server.alive("web")[0].popen.pid)
    async with calling(ground) as caller:
        streams = [await start(caller, events, pause) for _ in range(readers)]
        before = web.memory_info().rss
        sockets = [open_slowly(ground, stream) for stream in streams]
        dawdling = asyncio.create_task(dawdle(sockets))
        peak = before
        quick = asyncio.create_task(follow(caller, ground, streams[0], 0, events))
        while not quick.done():
            peak = max(peak, web.memory_info().rss)
            await asyncio.sleep(0.2)
        await ground.settled(patience=120)
        peak = max(peak, web.memory_info().rss)
        dawdling.cancel()
        await asyncio.wait({dawdling})
        for each in sockets:
            each.close()
        run_ids = [stream.run_id for stream in streams]
        ticks = [frame for frame in (await quick).frames if frame.event == "custom"]
    findings.require("a quick reader beside them got everything", len(ticks) == events)
    findings.require("memory stayed flat", (peak - before) / 2**20 < 64 + readers / 4)
    findings.audit(ground, run_ids)
    findings.tell(readers=readers, events_each=events, grown_megabytes=(peak - before) / 2**20)
    return findings


def open_slowly(ground: Ground, stream: Stream) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(ground.server.listener.getsockname())
    connection.setblocking(False)
    connection.sendall(f"GET {stream.path} HTTP/1.1\r\nhost: slow\r\nlast-event-id: -1\r\n\r\n".encode())
    return connection


async def dawdle(sockets: list[socket.socket]) -> None:
    while True:
        for each in sockets:
            with suppress(BlockingIOError, ConnectionError):
                each.recv(1)
        await asyncio.sleep(1)

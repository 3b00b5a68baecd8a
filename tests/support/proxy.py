"""A stretch of network between processes and a service: it can be cut, refuse, break its connections, and be slow."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[], Awaitable[Ends]]


@dataclass(eq=False)
class Line:
    """One connection. A TCP stream never goes on behind a gap: one that lost bytes breaks once the cut is over."""

    writers: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    is_torn: bool = False

    def abort(self) -> None:
        for writer in self.writers:
            writer.transport.abort()


@dataclass
class Road:
    """Its switches may be set from any thread."""

    dial: Dial
    host: str
    port: int = 0
    #: Bytes vanish, and connections stay: neither end hears of it.
    is_cut: bool = False
    #: New connections are closed at once.
    is_closed: bool = False
    #: Seconds, each way.
    latency: float = 0.0
    lines: set[Line] = field(default_factory=set)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def mend(self) -> None:
        self.is_cut = self.is_closed = False
        self.latency = 0.0
        self.loop.call_soon_threadsafe(self.abort, True)

    def reset(self) -> None:
        self.loop.call_soon_threadsafe(self.abort, False)

    def abort(self, only_torn: bool) -> None:
        for line in [line for line in self.lines if line.is_torn or not only_torn]:
            line.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_closed:
            writer.transport.abort()
            return
        try:
            their_reader, their_writer = await self.dial()
        except OSError:
            writer.transport.abort()
            return
        line = Line((writer, their_writer))
        self.lines.add(line)
        try:
            await asyncio.gather(self.carry(line, reader, their_writer), self.carry(line, their_reader, writer))
        finally:
            self.lines.discard(line)
            line.abort()

    async def carry(self, line: Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What came in arrives in order, each piece after the latency that there was when it came."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=256)
        delivering = asyncio.create_task(self.deliver(line, pieces, writer))
        data = b"-"
        while data:
            try:
                data = await reader.read(65536)
            except OSError:
                data = b""
            await pieces.put((self.loop.time() + self.latency, data))
        await delivering

    async def deliver(
        self, line: Line, pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        data = b"-"
        while data:
            due, data = await pieces.get()
            await asyncio.sleep(max(0.0, due - self.loop.time()))
            if self.is_cut:
                line.is_torn = True
                continue
            with suppress(OSError):
                writer.write(data)
                await writer.drain()
        # The end of a stream is lost in a cut as its bytes are; the other end hears of it when the line breaks.
        while self.is_cut:
            await asyncio.sleep(0.1)
        writer.transport.abort()


@contextmanager
def road(dial: Dial, *, host: str = "127.0.0.1") -> Iterator[Road]:
    """On a thread and a loop of its own: who drives it may block."""
    way = Road(dial, host)
    thread = threading.Thread(target=way.loop.run_forever, name="road", daemon=True)
    thread.start()
    starting = asyncio.start_server(way.serve, host, 0)
    server = asyncio.run_coroutine_threadsafe(starting, way.loop).result(timeout=10)
    way.port = server.sockets[0].getsockname()[1]
    try:
        yield way
    finally:
        asyncio.run_coroutine_threadsafe(close(way, server), way.loop).result(timeout=10)
        way.loop.call_soon_threadsafe(way.loop.stop)
        thread.join(timeout=10)
        way.loop.close()


async def close(way: Road, server: asyncio.Server) -> None:
    """The server last: in Python 3.11 a connection that it accepts as it closes is left open."""
    way.is_closed, way.is_cut, way.latency = True, False, 0.0
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        way.abort(only_torn=False)
        await asyncio.wait(others, timeout=0.1)
    server.close()
    await asyncio.sleep(0)

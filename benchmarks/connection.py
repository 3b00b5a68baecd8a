"""One keep-alive HTTP/1.1 connection over asyncio streams: small, so that the generator costs little CPU."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from benchmarks.errors import Failure

#: Servers close idle connections after some seconds (uvicorn: 5); one near that age is not used again.
IDLE_SECONDS = 2.0
BUFFER_BYTES = 2**18


@dataclass(frozen=True)
class Head:
    status: int
    headers: dict[bytes, bytes]

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        first, *lines = raw.split(b"\r\n")
        pairs = (line.split(b":", 1) for line in lines if line)
        return cls(int(first.split(b" ", 2)[1]), {name.lower(): value.strip() for name, value in pairs})

    @property
    def is_chunked(self) -> bool:
        return self.headers.get(b"transfer-encoding") == b"chunked"

    @property
    def is_last(self) -> bool:
        return self.headers.get(b"connection") == b"close"


@dataclass
class Connection:
    host: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used_at: float = field(default_factory=time.monotonic)
    ended: bool = False

    @classmethod
    async def open(cls, url: str) -> Self:
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=BUFFER_BYTES)
        return cls(address.netloc, reader, writer)

    @property
    def is_reusable(self) -> bool:
        return not self.ended and time.monotonic() - self.used_at < IDLE_SECONDS

    async def request(self, method: str, path: str, body: bytes) -> Head:
        lines = (
            f"{method} {path} HTTP/1.1",
            f"host: {self.host}",
            "content-type: application/json",
            f"content-length: {len(body)}",
        )
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        head = Head.parse(await self.reader.readuntil(b"\r\n\r\n"))
        self.ended = head.is_last
        return head

    async def body(self, head: Head) -> AsyncIterator[bytes]:
        """The body as it arrives. Read it to its end before the next request."""
        if head.is_chunked:
            async for part in self._chunks():
                yield part
        elif length := head.headers.get(b"content-length"):
            yield await self.reader.readexactly(int(length))
        elif head.status != 204:
            raise Failure("A response without a length cannot be followed by another one.")
        self.used_at = time.monotonic()

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self.reader.readline(), 16):
            yield (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readline()

    def close(self) -> None:
        self.writer.close()

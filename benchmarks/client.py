"""The few requests the load generator makes, each checked for its status."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from benchmarks.connection import Connection, Head
from benchmarks.errors import Failure


@dataclass
class Client:
    url: str
    idle: list[Connection] = field(default_factory=list)

    async def get(self, path: str) -> Any:
        return await self._call("GET", path, b"")

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        return await self._call("POST", path, orjson.dumps(body))

    async def stream(self, path: str, body: Mapping[str, object]) -> AsyncIterator[bytes]:
        """The bytes of an event stream, as they arrive."""
        async with self._connection() as connection:
            head = await connection.request("POST", path, orjson.dumps(body))
            await refuse_errors(connection, head)
            async for part in connection.body(head):
                yield part

    def close(self) -> None:
        while self.idle:
            self.idle.pop().close()

    async def _call(self, method: str, path: str, body: bytes) -> Any:
        async with self._connection() as connection:
            head = await connection.request(method, path, body)
            await refuse_errors(connection, head)
            answer = await whole_body(connection, head)
        return orjson.loads(answer) if answer else None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        """A connection to nobody else; one whose answer was not read to its end is not used again."""
        connection = self._idle_one() or await Connection.open(self.url)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self.idle.append(connection)

    def _idle_one(self) -> Connection | None:
        while self.idle:
            connection = self.idle.pop()
            if connection.is_reusable:
                return connection
            connection.close()
        return None


async def refuse_errors(connection: Connection, head: Head) -> None:
    if head.status >= 400:
        answer = await whole_body(connection, head)
        raise Failure(f"status {head.status}: {answer[:200].decode(errors='replace')}")


async def whole_body(connection: Connection, head: Head) -> bytes:
    return b"".join([part async for part in connection.body(head)])

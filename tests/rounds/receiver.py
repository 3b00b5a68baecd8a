"""A webhook receiver that fails as often as it is told, and looks at the run's row whenever it is called."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

import orjson
import psycopg
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from tests.rounds.ground import SECRET

STATUS = "SELECT status FROM runs_run WHERE run_id = %s"
#: After so many failures a message is accepted, so that a round ends.
PATIENCE = 4
HANG = 35.0


@dataclass
class Receiver:
    chance: Random
    failing: float
    hanging: float
    rows: psycopg.AsyncConnection
    url: str = ""
    calls: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    #: webhook-id → how often it was accepted.
    accepted: Counter[str] = field(default_factory=Counter)
    #: run_id → the webhook-ids it came under.
    runs: dict[str, set[str]] = field(default_factory=dict)
    forged: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            status = await self.answer(headers, await reader.readexactly(int(headers["content-length"])))
            writer.write(f"HTTP/1.1 {status} told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def answer(self, headers: dict[str, str], body: bytes) -> int:
        self.calls += 1
        message, run_id = headers["webhook-id"], orjson.loads(body)["run_id"]
        try:
            Webhook(SECRET).verify(body, headers)
        except WebhookVerificationError:
            self.forged.append(message)
        cursor = await self.rows.execute(STATUS, [run_id])
        found = await cursor.fetchone()
        if found is None or found[0] in {"pending", "running"}:
            self.early.append(run_id)
        self.runs.setdefault(run_id, set()).add(message)
        if self.failed[message] < PATIENCE and self.chance.random() < self.failing:
            self.failed[message] += 1
            if self.chance.random() < self.hanging:
                with suppress(TimeoutError):
                    async with asyncio.timeout(HANG):
                        await self.closing.wait()
            return 500
        self.accepted[message] += 1
        return 200


@asynccontextmanager
async def receiving(database_uri: str, chance: Random, *, failing: float, hanging: float) -> AsyncIterator[Receiver]:
    async with await psycopg.AsyncConnection.connect(database_uri, autocommit=True) as rows:
        receiver = Receiver(chance, failing, hanging, rows)
        server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        receiver.url = f"http://127.0.0.1:{port}/hook"
        try:
            yield receiver
        finally:
            receiver.closing.set()
            server.close()
            await server.wait_closed()

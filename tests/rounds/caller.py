"""A patient client: it repeats each request until it is answered with a success, and counts what it was told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.rounds.ground import Ground

PAUSE = 0.2
NO_HEADERS: Mapping[str, str] = {}


@dataclass
class Caller:
    http: httpx.AsyncClient
    #: Statuses, and the names of what went wrong instead of an answer.
    told: Counter[str] = field(default_factory=Counter)
    crowd: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(40))

    async def ask(
        self, method: str, path: str, json: Any = None, headers: Mapping[str, str] = NO_HEADERS
    ) -> httpx.Response | None:
        """None: the connection broke, and what became of the request is not known."""
        try:
            async with self.crowd:
                response = await self.http.request(method, path, json=json, headers=dict(headers))
        except httpx.TransportError as error:
            self.told[type(error).__name__] += 1
            return None
        self.told[str(response.status_code)] += 1
        return response

    async def insist(self, method: str, path: str, json: Any = None, headers: Mapping[str, str] = NO_HEADERS) -> Any:
        while True:
            response = await self.ask(method, path, json, headers)
            if response is not None and response.is_success:
                return response.json() if response.content else None
            if response is not None and response.status_code < 500:
                raise AssertionError(f"{method} {path}: {response.status_code} {response.text}")
            await asyncio.sleep(PAUSE)

    async def thread(self) -> str:
        body = {"thread_id": str(uuid4()), "if_exists": "do_nothing"}
        return str((await self.insist("POST", "/threads", body))["thread_id"])

    async def run(self, thread_id: str, **body: Any) -> str:
        key = {"idempotency-key": str(uuid4())}
        return str((await self.insist("POST", f"/threads/{thread_id}/runs", body, key))["run_id"])

    async def steps(
        self, *, runs: int, steps: int, seconds: float, durability: str = "sync", **body: Any
    ) -> Sequence[str]:
        """So many runs of the `steps` graph, each on a thread of its own: the ids of the runs."""

        async def one() -> str:
            wanted = {"steps": steps, "seconds": seconds}
            asked = {"assistant_id": "steps", "input": wanted, "durability": durability, **body}
            return await self.run(await self.thread(), **asked)

        return await asyncio.gather(*(one() for _ in range(runs)))

    @property
    def failures(self) -> dict[str, int]:
        """Answers that nobody should get: a 5xx that is no 503."""
        return {status: count for status, count in self.told.items() if status.startswith("5") and status != "503"}


@asynccontextmanager
async def calling(ground: Ground, *, timeout: float = 60) -> AsyncIterator[Caller]:  # noqa: ASYNC109 - of each request
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=40)
    async with httpx.AsyncClient(
        base_url=ground.server.url, timeout=timeout, limits=limits, trust_env=False, verify=False
    ) as http:
        yield Caller(http)

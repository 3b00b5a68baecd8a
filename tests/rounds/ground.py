"""Where rounds are fought: a server of many processes, on a Postgres and a Redis of its own that may be broken."""

import asyncio
import base64
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson
import psycopg

from langgraph_server.embedded.postgres import Postgres
from langgraph_server.embedded.redis import Redis
from langgraph_server.testing.undertaker import mortal_folder
from tests.rounds.journal import Journal
from tests.support.installation import Installation, installed
from tests.support.processes import Process

SECRET = base64.b64encode(b"a secret of the rounds").decode()

#: Shorter than in production, so that a round takes minutes; the report tells them.
TIMES = {
    "LANGGRAPH_SERVER_LEASE_SECS": "5",
    "LANGGRAPH_SERVER_SWEEP_SECS": "1",
    "LANGGRAPH_SERVER_POLL_SECS": "0.5",
    "LANGGRAPH_SERVER_WEBHOOK_RETRY_SECS": "0.2",
    "CRON_SCHEDULER_SLEEP_TIME": "2",
    "RESUMABLE_STREAM_TTL_SECONDS": "3600",
}
SETTINGS = {
    **TIMES,
    "LANGGRAPH_WEBHOOKS": orjson.dumps({"url": {"require_https": False, "disable_loopback": False}}).decode(),
    "WEBHOOK_SECRETS": orjson.dumps({"127.0.0.1": SECRET}).decode(),
}
SLOTS = 200
LEASE = float(TIMES["LANGGRAPH_SERVER_LEASE_SECS"])

#: Seconds after which a process serves, on a busy machine too. Nothing is promised where none does.
STARTED = {"web": 6.0, "worker": 8.0, "beat": 12.0}

ACTIVE = "SELECT count(*) FILTER (WHERE status IN ('pending', 'running'))::int, count(*)::int FROM runs_run"

Progress = Callable[[int, int], None]


class Ground:
    def __init__(
        self, server: Installation, postgres: Postgres, redis: Redis, *, seed: int, progress: Progress
    ) -> None:
        self.server = server
        self.postgres = postgres
        self.redis = redis
        self.chance = Random(seed)
        self.journal = Journal(server.folder / "steps")
        self.progress = progress
        self.slots = SLOTS
        #: Processes, in this round.
        self.killed = 0
        self.began = ""

    def muster(self, *, web: int = 2, workers: int = 3, beats: int = 0, slots: int = SLOTS) -> None:
        """An empty server of just so many processes, of which those that stand already go on."""
        if slots != self.slots:
            self.slots = slots
            for worker in self.server.workers:
                worker.kill()
        for name, wanted in (("web", web), ("worker", workers), ("beat", beats)):
            for surplus in self.server.alive(name)[wanted:]:
                surplus.kill()
        self.server.clear()
        self.journal.clear()
        self.killed = 0
        self.began = datetime.now(UTC).isoformat()
        missing_web = web - len(self.server.alive("web"))
        for _ in range(missing_web):
            self.server.start_web()
        for _ in range(beats - len(self.server.alive("beat"))):
            self.server.start_beat()
        for worker in [self.start_worker() for _ in range(workers - len(self.server.workers))]:
            self.server.await_worker(worker)
        if missing_web:
            self.server.await_web()

    def start_worker(self) -> Process:
        return self.server.start_worker(N_JOBS_PER_WORKER=str(self.slots))

    def replace(self, name: str) -> Process | None:
        """Kill one that serves, as the machine would, and start another at once; None while too few have started."""
        serving = [process for process in self.server.alive(name) if process.age > STARTED[name]]
        if len(serving) < 2:
            return None
        victim = self.chance.choice(serving)
        victim.kill()
        {"web": self.server.start_web, "worker": self.start_worker, "beat": self.server.start_beat}[name]()
        self.killed += 1
        return victim

    def troubles(self) -> list[dict[str, Any]]:
        """Errors logged in this round; Celery calls it one that Redis is away, and Django that we answered 503."""
        expected = ("celery.", "django.request")
        return [
            told
            for told in self.server.troubles()
            if not told.get("logger", "").startswith(expected) and told.get("at", self.began) >= self.began
        ]

    async def settled(self, *, patience: float) -> float:
        """The seconds until nothing is active any more; for as long as that takes Postgres may be away."""
        began = time.monotonic()
        while time.monotonic() - began < patience:
            with suppress(psycopg.OperationalError):
                ((active, total),) = await asyncio.to_thread(self.server.rows, ACTIVE)
                self.progress(total - active, total)
                if not active:
                    break
            await asyncio.sleep(0.3)
        return time.monotonic() - began


@contextmanager
def prepared(*, seed: int, progress: Progress = lambda done, total: None) -> Iterator[Ground]:
    """The services run and the database is migrated; no process of ours is started yet."""
    with ExitStack() as stack:
        folder = stack.enter_context(mortal_folder("lgs-rounds-"))
        postgres, redis = Postgres(folder), Redis(folder)
        stack.callback(postgres.stop, mode="immediate")
        postgres.start()
        stack.callback(redis.stop)
        redis.start()
        settings: dict[str, Any] = {**SETTINGS, "STEPS_JOURNAL": str(folder / "steps")}
        os.environ.setdefault("LANGGRAPH_CONFIG", str(Path(__file__).parents[1] / "graphs" / "langgraph.json"))
        server = stack.enter_context(
            installed(folder, database_uri=postgres.uri, redis_uri=redis.uri, settings=settings)
        )
        yield Ground(server, postgres, redis, seed=seed, progress=progress)

"""A whole server on one machine for tests: its own database and keys in Redis, and real processes."""

import itertools
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
from celery import Celery
from kombu.exceptions import OperationalError
from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient

from langgraph_server import programs, serving
from langgraph_server.streams.connection import RedisError
from langgraph_server.supervision import COMMAND
from tests.support import audit, databases
from tests.support.processes import Process

#: Seconds until a process serves; imports take most of it, and the machine may be busy.
START = 90.0
NUMBERS = itertools.count(1)

NO_SETTINGS: Mapping[str, str] = {}

#: Losses are noticed within seconds instead of a quarter of a minute.
IMPATIENT = {
    "LANGGRAPH_SERVER_LEASE_SECS": "3",
    "LANGGRAPH_SERVER_SWEEP_SECS": "1",
    "LANGGRAPH_SERVER_POLL_SECS": "0.5",
}


class Installation:
    """Processes are started on demand; all end with it."""

    def __init__(
        self, folder: Path, listener: socket.socket, *, database_uri: str, redis_uri: str, settings: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self.listener = listener
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.database_uri = database_uri
        self.redis_uri = redis_uri
        self.prefix = f"installation{next(NUMBERS)}:"
        self.settings = settings
        self.processes: list[Process] = []

    def client(self, **options: Any) -> LangGraphClient:
        return get_client(url=self.url, **options)

    def sync_client(self) -> SyncLangGraphClient:
        return get_sync_client(url=self.url)

    def http(self) -> httpx.AsyncClient:
        # There is no TLS here, and loading certificates for each test would take most of its time.
        return httpx.AsyncClient(base_url=self.url, timeout=30, trust_env=False, verify=False)

    # --- processes

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URI": self.database_uri,
            "REDIS_URI": self.redis_uri,
            "REDIS_KEY_PREFIX": self.prefix,
            "LOG_JSON": "true",
            "LANGGRAPH_POSTGRES_POOL_MAX_SIZE": "4",
            **self.settings,
        }

    @property
    def workers(self) -> list[Process]:
        return self.alive("worker")

    def alive(self, name: str) -> list[Process]:
        return [process for process in self.processes if process.name == name and process.is_alive]

    def start(self, *, web: int = 1, workers: int = 1) -> None:
        """Returns when all of them serve."""
        started = [self.start_web() for _ in range(web)] + [self.start_worker() for _ in range(workers)]
        self.await_web()
        for process in started[web:]:
            self.await_worker(process)

    def ensure_workers(self, count: int, **settings: str) -> None:
        """As many as wished, in place of those that ended."""
        for process in [self.start_worker(**settings) for _ in range(count - len(self.workers))]:
            self.await_worker(process)

    def start_web(self, **settings: str) -> Process:
        program = programs.web(self.listener)
        return self.start_process("web", *program.command, files=[self.listener.fileno()], settings=settings)

    def start_worker(self, *arguments: str, **settings: str) -> Process:
        """Without waiting for it; `--processes` makes it a supervisor."""
        return self.start_process("worker", *COMMAND, "worker", *arguments, settings=settings)

    def start_beat(self) -> Process:
        return self.start_process("beat", *COMMAND, "beat")

    def start_process(
        self, name: str, *command: str, files: Sequence[int] = (), settings: Mapping[str, str] = NO_SETTINGS
    ) -> Process:
        log = self.folder / f"{len(self.processes)}-{name}.log"
        environment = {**self.environment, **settings}
        process = Process.start(name, command, environment=environment, files=files, log=log)
        self.processes.append(process)
        return process

    def await_web(self) -> None:
        """One that died while it started says why; its socket alone would keep us waiting."""
        deadline = time.monotonic() + START
        with httpx.Client(base_url=self.url, trust_env=False, timeout=2) as client:
            while time.monotonic() < deadline:
                try:
                    client.get("/ok").raise_for_status()
                except httpx.TransportError:
                    newest = [process for process in self.processes if process.name == "web"][-1]
                    assert newest.is_alive, newest.log.read_text()[-4000:]
                else:
                    return
        raise TimeoutError(self.url)

    def await_worker(self, worker: Process) -> None:
        """Until it consumes: the runner was started before that."""
        with Celery("probe", broker=self.redis_uri, set_as_current=False) as probe:
            probe.conf.broker_transport_options = {"global_keyprefix": self.prefix}
            node = f"worker-{worker.popen.pid}@{socket.gethostname()}"
            self.until(lambda: answers(probe, node) or self.must_live(worker), patience=START)

    def must_live(self, process: Process) -> bool:
        if not process.is_alive:
            raise AssertionError(f"{process.name} ended with {process.popen.returncode}: {process.log.read_text()}")
        return False

    # --- the rows

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_uri, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    @contextmanager
    def locked(self, statement: str) -> Iterator[None]:
        with psycopg.connect(self.database_uri) as connection:
            connection.execute(statement.encode())
            yield

    def value(self, query: str, *parameters: Any) -> Any:
        ((value,),) = self.rows(query, *parameters)
        return value

    def count(self, where: str, *parameters: Any) -> int:
        """Of runs."""
        return int(self.value(f"SELECT count(*) FROM runs_run WHERE {where}", *parameters))

    def clear(self) -> None:
        """No threads, runs, events or checkpoints; a worker that still runs something stops."""
        with psycopg.connect(self.database_uri, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '20s'")
            connection.execute(
                "TRUNCATE threads_thread, runs_run, runs_runevent, runs_attempt, runs_timelinepart, checkpoints, "
                "checkpoint_blobs, checkpoint_writes, crons_cron, crons_cronfiring, webhooks_delivery, webhooks_attempt"
            )

    def audit(self) -> dict[str, list[tuple[object, ...]]]:
        return audit.breaches(self.database_uri)

    def until(self, condition: Callable[[], object], *, patience: float = 30, interval: float = 0.05) -> float:
        """The seconds that it took."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > patience:
                raise AssertionError(f"not within {patience} seconds; {self.story()}")
            time.sleep(interval)
        return time.monotonic() - began

    def until_settled(self, *, patience: float = 30) -> float:
        return self.until(lambda: self.count("status IN ('pending', 'running')") == 0, patience=patience)

    # --- what to read when a test failed

    def story(self) -> str:
        statuses = self.rows("SELECT status, attempt, count(*) FROM runs_run GROUP BY 1, 2 ORDER BY 1, 2")
        return f"runs by status and attempt: {statuses}"

    def troubles(self) -> list[dict[str, Any]]:
        """What the processes logged as errors: bugs, or an application's own."""
        records = itertools.chain.from_iterable(process.records() for process in self.processes)
        return [record for record in records if record["level"] in {"ERROR", "CRITICAL"}]

    def logs(self) -> str:
        return "\n".join(f"--- {process.log.name}\n{process.log.read_text()[-6000:]}" for process in self.processes)

    def close(self) -> None:
        for process in self.processes:
            if process.is_alive:
                process.kill()


def answers(probe: Celery, node: str) -> bool:
    """Connections are pooled: one may be older than the Redis that is there now."""
    with suppress(RedisError, OperationalError):
        return bool(probe.control.ping(destination=[node], timeout=0.2))
    return False


@contextmanager
def installed(
    folder: Path,
    *,
    database_uri: str | None = None,
    redis_uri: str | None = None,
    settings: Mapping[str, str] = IMPATIENT,
) -> Iterator[Installation]:
    """On the services of the test session, unless others are named; nothing is started yet."""
    with ExitStack() as stack:
        uri = databases.create(database_uri or os.environ["DATABASE_URI"])
        listener = stack.enter_context(serving.listening("127.0.0.1", 0))
        redis = redis_uri or os.environ["REDIS_URI"]
        installation = Installation(folder, listener, database_uri=uri, redis_uri=redis, settings=settings)
        stack.callback(databases.drop, uri)
        stack.callback(installation.close)
        yield installation

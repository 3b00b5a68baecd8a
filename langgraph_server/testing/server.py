"""An application served for the time of some tests: throwaway services, one web process, one worker."""

import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient

from langgraph_server import embedded, orphans, serving
from langgraph_server.errors import ConfigurationError
from langgraph_server.supervision import COMMAND
from langgraph_server.testing.undertaker import mortal_folder

#: Seconds until it serves; imports take most of it, the application's own among them.
START = 90
#: Seconds that a process may take to end.
PATIENCE = 20
NOTHING: Mapping[str, str] = {}
#: A connection that is kept would outlive the test's loop.
KEEP_NONE = httpx.Limits(max_connections=None, max_keepalive_connections=0)


@dataclass(frozen=True)
class Server:
    url: str
    #: Where its processes write what they log.
    folder: Path

    def client(self, headers: Mapping[str, str] = NOTHING) -> LangGraphClient:
        timeout = httpx.Timeout(300, connect=5)
        return LangGraphClient(httpx.AsyncClient(base_url=self.url, headers=headers, timeout=timeout, limits=KEEP_NONE))

    def sync_client(self, **options: Any) -> SyncLangGraphClient:
        return get_sync_client(url=self.url, **options)

    def logs(self) -> str:
        return "\n".join(f"--- {log.stem}\n{log.read_text()}" for log in sorted(self.folder.glob("*.log")))


@contextmanager
def serving_application(config: Path) -> Iterator[Server]:
    """Raises ConfigurationError with what the processes said if they do not serve it."""
    if not config.is_file():
        raise ConfigurationError(
            f"{config} does not exist: name the application's as langgraph_config in pytest's settings"
        )
    with ExitStack() as stack:
        folder = stack.enter_context(mortal_folder("langgraph-server-tests-"))
        services = stack.enter_context(embedded.services(folder))
        listener = stack.enter_context(serving.listening("127.0.0.1", 0))
        server = Server(f"http://127.0.0.1:{listener.getsockname()[1]}", folder)
        environment = {**environment_of(config, server.url, services), orphans.VARIABLE: str(os.getpid())}
        if start(["migrate", "--verbosity", "0"], server, environment).wait():
            raise ConfigurationError(f"the migrations failed\n{server.logs()}")
        web = start(["web", "--fd", str(listener.fileno())], server, environment, files=[listener.fileno()])
        stack.callback(end, web)
        worker = start(["worker"], server, environment)
        stack.callback(end, worker)
        wait(server, web, worker)
        yield server


def environment_of(config: Path, url: str, services: embedded.Services) -> dict[str, str]:
    return {
        **os.environ,
        "LANGGRAPH_CONFIG": str(config.resolve()),
        "LANGGRAPH_API_URL": url,
        "DATABASE_URI": services.database_uri,
        "REDIS_URI": services.redis_uri,
        "SECRET_KEY": secrets.token_urlsafe(50),
        # Nobody waits for runs that a test left behind.
        "BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS": "0",
    }


def start(
    words: Sequence[str], server: Server, environment: Mapping[str, str], *, files: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    with (server.folder / f"{words[0]}.log").open("wb") as log:
        return subprocess.Popen(
            [*COMMAND, *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=files,
            start_new_session=True,
        )


def wait(server: Server, *processes: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START
    with httpx.Client(base_url=server.url, trust_env=False, timeout=2) as client:
        while not answers(client):
            if time.monotonic() > deadline or any(process.poll() is not None for process in processes):
                raise ConfigurationError(f"the application is not served\n{server.logs()}")


def answers(client: httpx.Client) -> bool:
    """The socket takes connections before anybody answers on it."""
    try:
        return client.get("/ok").is_success
    except httpx.TransportError:
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

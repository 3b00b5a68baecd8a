"""Somebody who has only an installed wheel, and the folder of an application."""

import base64
import json
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient

from langgraph_server.testing.undertaker import bury
from tests.packaging.conftest import ROOT, Installed
from tests.support.processes import Process

SECRET = base64.b64encode(b"a secret of the stranger").decode()
CONFIGURATION = {
    "graphs": {
        "chat": "./chat/agent.py:graph",
        "approval": "./approval/agent.py:graph",
        "research": "./research/agent.py:graph",
    },
    "webhooks": {"url": {"disable_loopback": False, "require_https": False}},
    "env": {"WEBHOOK_SECRETS": json.dumps({"127.0.0.1": SECRET}), "CRON_SCHEDULER_SLEEP_TIME": "0.5"},
}
#: Seconds until whatever is waited for; the machine may be busy.
PATIENCE = 180


class Stranger:
    """At a shell in the folder of the application."""

    def __init__(self, installed: Installed, folder: Path, **settings: str) -> None:
        self.installed = installed
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # Nothing of the tests' own: neither services nor settings.
        known = {name: value for name, value in os.environ.items() if not re.match("LANGGRAPH|DJANGO|.*_URI$", name)}
        self.environment = {**known, **settings}
        self.processes: list[Process] = []

    def types(self, *words: str, **settings: str) -> str:
        return self.installed.run(*words, cwd=self.folder, environment={**self.environment, **settings})

    def starts(self, *words: str) -> Process:
        log = self.folder.parent / f"{self.folder.name}-{len(self.processes)}-{words[0]}.log"
        # A shell of its own, for the folder.
        command = ["sh", "-c", 'cd "$0" && exec "$@"', str(self.folder), str(self.installed.command), *words]
        process = Process.start(words[0], command, environment=self.environment, files=(), log=log)
        self.processes.append(process)
        return process

    def waits_for_web(self) -> None:
        self.until(lambda: answers(f"{self.url}/ok"))

    def until(self, condition: Any) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            stories = "".join(process.log.read_text() for process in self.processes)
            assert time.monotonic() < deadline, stories
            assert self.processes[-1].is_alive, stories
            time.sleep(0.05)

    def client(self) -> SyncLangGraphClient:
        return get_sync_client(url=self.url)

    def leaves(self) -> None:
        for process in self.processes:
            if process.is_alive:
                process.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=10, trust_env=False).is_success
    except httpx.TransportError:
        return False


@contextmanager
def fresh_application() -> Iterator[Path]:
    """Where an embedded Postgres that may not run as root can reach it."""
    home = Path(mkdtemp(prefix="stranger-"))
    home.chmod(0o755)
    folder = home / "application"
    folder.mkdir()
    for graph in ("chat", "approval", "research"):
        shutil.copytree(ROOT / "examples" / graph, folder / graph, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "langgraph.json").write_text(json.dumps(CONFIGURATION))
    yield folder
    if (folder / ".langgraph_server").exists():
        bury(folder / ".langgraph_server")
    shutil.rmtree(home)

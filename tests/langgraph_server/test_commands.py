"""The commands as a person types them, on an application of their own and with nothing running."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp

import httpx
import pytest
from django.core.management import CommandError, call_command

from langgraph_server.development import DATABASE, REDIS
from langgraph_server.embedded.postgres import Postgres, listens

ECHO = """
from langgraph.graph import START, MessagesState, StateGraph

graph = StateGraph(MessagesState).add_node("echo", lambda state: {}).add_edge(START, "echo").compile()
"""


@pytest.fixture(scope="module")
def application() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="application-"))
    folder.chmod(0o755)
    (folder / "echo.py").write_text(ECHO)
    (folder / "langgraph.json").write_text('{"graphs": {"echo": "./echo.py:graph"}}')
    yield folder
    shutil.rmtree(folder)


def start(application: Path, *words: str) -> subprocess.Popen[str]:
    alone = {name: value for name, value in os.environ.items() if name not in {*DATABASE, *REDIS}}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "langgraph_server", *words],
        cwd=application,
        env={**alone, "LANGGRAPH_CONFIG": "langgraph.json"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=30).is_success
    except httpx.TransportError:
        return False


def test_dev_serves_an_application_from_nothing_and_leaves_nothing_running(application: Path) -> None:
    port = free_port()
    with start(application, "dev", "--port", str(port), "--web", "1", "--workers", "1") as dev:
        deadline = time.monotonic() + 60
        while not answers(f"http://127.0.0.1:{port}/ok"):
            assert dev.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        dev.send_signal(signal.SIGINT)
        told, _ = dev.communicate(timeout=30)
    assert dev.returncode == 0
    assert f"http://127.0.0.1:{port}/docs" in told
    assert not listens(Postgres(application / ".langgraph_server").pgdata)


@pytest.mark.parametrize("command", [("web",), ("dev", "--config", os.environ["LANGGRAPH_CONFIG"])])
def test_a_door_open_to_strangers_is_refused(command: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"--host 0\.0\.0\.0 lets other machines in"):
        call_command(*command, "--host", "0.0.0.0")


def test_check_reports_the_graphs_it_imported() -> None:
    said = StringIO()
    call_command("check", stdout=said)
    assert "graph echo: " in said.getvalue()


def test_check_fails_on_a_graph_that_cannot_be_imported(tmp_path: Path) -> None:
    (tmp_path / "langgraph.json").write_text('{"graphs": {"lost": "./nowhere.py:graph"}}')
    with start(tmp_path, "check") as failed:
        told, _ = failed.communicate(timeout=30)
    assert failed.returncode == 1
    assert "langgraph_server.E001" in told
    assert "nowhere.py" in told

"""The door: closed to strangers by default, and a port that is free."""

import asyncio
import socket
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from langgraph_server import serving, watching
from langgraph_server.config.document import GraphSpec, ServerConfig
from langgraph_server.errors import ConfigurationError

OPEN = ServerConfig(root=Path(), graphs={"echo": GraphSpec("echo", "./echo.py:graph")})
GUARDED = ServerConfig(root=Path(), graphs=OPEN.graphs, auth={"path": "./auth.py:auth"})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_this_machine_is_served_without_auth(host: str) -> None:
    serving.refuse_strangers(host, OPEN, allowed=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_other_machines_are_served_only_when_told(host: str) -> None:
    serving.refuse_strangers(host, OPEN, allowed=True)
    with pytest.raises(ConfigurationError, match="--allow-anonymous"):
        serving.refuse_strangers(host, OPEN, allowed=False)


def test_other_machines_are_served_by_who_asks_them_who_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    serving.refuse_strangers("0.0.0.0", GUARDED, allowed=False)
    serving.refuse_strangers("0.0.0.0", replace(OPEN, env={"LANGGRAPH_AUTH_TYPE": "keys"}), allowed=False)
    monkeypatch.setenv("LANGGRAPH_AUTH_TYPE", "noop")
    with pytest.raises(ConfigurationError, match="--allow-anonymous"):
        serving.refuse_strangers("0.0.0.0", replace(OPEN, env={"LANGGRAPH_AUTH_TYPE": "keys"}), allowed=False)
    monkeypatch.setenv("LANGGRAPH_AUTH_TYPE", "keys,users")
    serving.refuse_strangers("0.0.0.0", OPEN, allowed=False)


def test_a_busy_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PATIENCE", 0)
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        port = occupied.getsockname()[1]
        with (
            pytest.raises(ConfigurationError, match=f"{port}.*in use.*--port"),
            serving.listening("127.0.0.1", port),
        ):
            pass


async def test_only_the_applications_own_files_are_watched(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    seen = watching.changed_files([tmp_path])
    first = asyncio.ensure_future(anext(seen))
    await asyncio.sleep(0.2)
    for name in (".venv/module.py", "notes.txt", "agent.py", ".env"):
        (tmp_path / name).touch()
    async with asyncio.timeout(10):
        assert await first == [str(tmp_path / ".env"), str(tmp_path / "agent.py")]
    await seen.aclose()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere one queue gets all")
def test_connections_are_spread_over_the_queues_of_an_address() -> None:
    with serving.listening("127.0.0.1", 0) as shared, ExitStack() as stack:
        own = stack.enter_context(serving.queue(shared.family, shared.getsockname()))
        for _ in range(64):
            stack.enter_context(socket.create_connection(shared.getsockname()))
        for listener in (shared, own):
            listener.settimeout(5)
            listener.accept()[0].close()


def test_a_port_that_another_server_shares_is_busy_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PATIENCE", 0)
    with (
        serving.listening("127.0.0.1", 0) as first,
        pytest.raises(ConfigurationError, match="in use"),
        serving.listening(*first.getsockname()),
    ):
        pass

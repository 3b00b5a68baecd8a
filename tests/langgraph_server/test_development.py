"""What `dev` takes from whom: the shell, the application's env, its own services."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from langgraph_server import announcement, development
from langgraph_server.config.loading import server_config
from langgraph_server.development import DATABASE, REDIS, Options, given
from langgraph_server.embedded import Services
from langgraph_server.embedded.postgres import Postgres
from langgraph_server.embedded.redis import Redis

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes the application's langgraph.json."""
    for name in (*DATABASE, *REDIS, "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGGRAPH_CONFIG", str(tmp_path / "langgraph.json"))
    (tmp_path / ".langgraph_server").mkdir()

    def write(**document: object) -> None:
        (tmp_path / "langgraph.json").write_text(json.dumps({"graphs": {"echo": "./echo.py:graph"}, **document}))
        server_config.cache_clear()

    yield write
    server_config.cache_clear()


def options(**environment: str) -> Options:
    return Options(
        host="127.0.0.1",
        port=0,
        allow_anonymous=False,
        web=2,
        workers=2,
        reload=False,
        environment=environment,
    )


def services(tmp_path: Path, *, embedded: bool = False) -> Services:
    database, redis = "postgresql://me:secret@db.example:5433/runs", "redis://:secret@redis.example:6380/2"
    known = {"DATABASE_URI": database, "REDIS_URI": redis} if embedded else {}
    return Services(database, redis, Postgres(tmp_path), Redis(tmp_path), known)


def test_services_named_in_the_applications_env_are_used(write: Write) -> None:
    write(env={"POSTGRES_URI": "postgresql://there"})
    assert given(DATABASE) == "postgresql://there"
    assert given(REDIS) == ""


def test_the_shell_wins_over_the_applications_env(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(env={"REDIS_URI": "redis://env"})
    monkeypatch.setenv("REDIS_URI", "redis://shell")
    assert given(REDIS) == "redis://shell"


def test_what_a_killed_dev_left_behind_is_not_taken_for_given(write: Write, tmp_path: Path) -> None:
    write()
    (tmp_path / ".langgraph_server/environment.json").write_text('{"DATABASE_URI": "postgresql://dead"}')
    assert given(DATABASE) == ""


def test_an_edited_env_counts_at_the_next_start_of_a_process(write: Write, tmp_path: Path) -> None:
    write(env={"MODEL": "small"})
    environment = development.environment_of(options(), services(tmp_path))
    assert environment()["MODEL"] == "small"
    write(env={"MODEL": "large"})
    assert environment()["MODEL"] == "large"


def test_a_broken_file_is_left_to_the_processes_to_report(write: Write, tmp_path: Path) -> None:
    write()
    environment = development.environment_of(options(LOG_LEVEL="DEBUG"), services(tmp_path))
    (tmp_path / "langgraph.json").write_text("{")
    assert environment()["LOG_LEVEL"] == "DEBUG"


def test_flags_and_services_win_over_everything(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(env={"LOG_LEVEL": "INFO"})
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    environment = development.environment_of(options(LOG_LEVEL="ERROR"), services(tmp_path))()
    assert environment["LOG_LEVEL"] == "ERROR"
    assert environment["DATABASE_URI"] == services(tmp_path).database_uri


def test_the_first_of_each_kind_starts_at_once(write: Write) -> None:
    with socket.socket() as listener:
        programs = list(development.processes(options(), listener, lambda: os.environ))
    assert [program.name for program in programs] == ["web", "web", "beat", "worker", "worker"]
    assert [program.delay > 0 for program in programs] == [False, True, True, False, True]


def test_what_starts_says_what_it_uses_and_keeps_passwords_to_itself(write: Write, tmp_path: Path) -> None:
    write(auth={"path": "./auth.py:auth"})
    parts = announcement.parts(services(tmp_path))
    assert parts["graphs"] == "echo"
    assert parts["auth"] == "./auth.py:auth"
    assert (parts["database"], parts["redis"]) == ("runs at db.example:5433", "redis.example:6380/2")


def test_embedded_services_are_named_as_such(write: Write, tmp_path: Path) -> None:
    write()
    parts = announcement.parts(services(tmp_path, embedded=True))
    assert parts["database"] == parts["redis"] == f"embedded, in {tmp_path / '.langgraph_server'}"
    assert parts["auth"].startswith("none")

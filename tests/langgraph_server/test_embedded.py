"""The embedded services start, outlive their server, and are found again."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest
from redis import Redis as Client

from langgraph_server import embedded
from langgraph_server.embedded import account, state
from langgraph_server.embedded import redis as embedded_redis
from langgraph_server.embedded.postgres import Postgres, pid_file
from langgraph_server.embedded.redis import process_id
from langgraph_server.errors import ConfigurationError

START_AND_DIE = """
import os, signal, sys
from pathlib import Path
from langgraph_server import embedded
with embedded.services(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One initialised folder for the module: pytest's own are closed to the account that runs Postgres."""
    folder = Path(mkdtemp(prefix="embedded-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def data_dir(folder: Path) -> Path:
    return folder / ".langgraph_server"


def postmaster(data_dir: Path) -> int:
    return int(pid_file(Postgres(data_dir).pgdata)[0])


def test_both_services_answer_while_in_use(data_dir: Path) -> None:
    with embedded.services(data_dir) as services:
        with psycopg.connect(services.database_uri) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with Client.from_url(services.redis_uri) as client:
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(services.database_uri)
    assert process_id(services.redis_uri) is None


def test_commands_in_another_terminal_find_them_until_they_stop(data_dir: Path) -> None:
    key = state.secret_key(data_dir)
    with embedded.services(data_dir) as services:
        assert state.read(data_dir)["DATABASE_URI"] == services.database_uri
        assert state.read(data_dir)["REDIS_URI"] == services.redis_uri
        assert (data_dir / "environment.json").stat().st_mode & 0o777 == 0o600
    assert state.read(data_dir) == {"SECRET_KEY": key}


def test_services_left_by_a_killed_server_are_adopted(data_dir: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", START_AND_DIE, str(data_dir)])
    assert killed.returncode == -signal.SIGKILL
    survivors = postmaster(data_dir), process_id(state.read(data_dir)["REDIS_URI"])

    with embedded.services(data_dir) as services:
        assert (postmaster(data_dir), process_id(services.redis_uri)) == survivors
    assert process_id(services.redis_uri) is None


def test_a_stale_pid_file_that_names_a_living_process_is_set_aside(data_dir: Path) -> None:
    with embedded.services(data_dir):
        lines = pid_file(Postgres(data_dir).pgdata)
    lesser = account.lesser_account()
    with subprocess.Popen(["sleep", "60"], user=lesser and lesser.pw_uid) as somebody:
        stale = Postgres(data_dir).pgdata / "postmaster.pid"
        stale.write_text("\n".join([str(somebody.pid), *lines[1:]]) + "\n")
        with embedded.services(data_dir):
            assert postmaster(data_dir) != somebody.pid
        somebody.kill()


def test_committed_rows_survive_an_immediate_stop(data_dir: Path) -> None:
    with embedded.services(data_dir) as services:
        with psycopg.connect(services.database_uri) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        services.postgres.stop(mode="immediate")
        services.postgres.start()
        with psycopg.connect(services.postgres.uri) as connection:
            assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_a_killed_redis_comes_back_at_the_same_address(data_dir: Path) -> None:
    with embedded.services(data_dir) as services:
        services.redis.kill()
        assert process_id(services.redis_uri) is None
        services.redis.start()
        assert process_id(services.redis_uri) is not None


def test_a_second_server_in_the_same_folder_is_refused(data_dir: Path) -> None:
    with (
        embedded.services(data_dir, database_uri="postgresql://elsewhere", redis_uri="redis://elsewhere"),
        pytest.raises(ConfigurationError, match="another server already runs"),
        embedded.services(data_dir),
    ):
        pass


def test_the_folder_may_be_named_relative_to_the_present_one(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data_dir.parent)
    with embedded.services(Path(data_dir.name)) as services, psycopg.connect(services.database_uri):
        pass


def test_given_services_are_used_and_none_is_started(data_dir: Path) -> None:
    with embedded.services(data_dir, database_uri="postgresql://a", redis_uri="redis://b") as services:
        assert (services.database_uri, services.redis_uri) == ("postgresql://a", "redis://b")
        assert services.embedded == {}
        assert pid_file(services.postgres.pgdata) == []


def test_a_path_too_long_for_a_socket_is_served_from_a_closed_folder_elsewhere(folder: Path) -> None:
    deep = folder / ("a-long-name" * 10)
    postgres = Postgres(deep)
    deep.mkdir()
    postgres.start()
    try:
        sockets = Path(pid_file(postgres.pgdata)[4])
        with psycopg.connect(postgres.uri):
            assert sockets.stat().st_mode & 0o777 == 0o700
    finally:
        postgres.stop()
    assert not sockets.exists()


only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres under another account")


@only_root
def test_programs_closed_to_that_account_run_from_a_copy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "SHARED", folder / "shared")
    programs = account.shared_copy(account.binaries().parents[1]) / "pginstall" / "bin"
    assert account.run(programs / "postgres", "--version").returncode == 0
    assert account.run(programs / "initdb", "--version").returncode == 0


@only_root
def test_a_folder_closed_to_that_account_stays_closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "SHARED", folder / "shared")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    data_dir = closed / ".langgraph_server"
    state.prepare(data_dir)
    place = account.home(data_dir)

    assert place.parent == folder / "shared"
    assert account.reaches(place)
    assert account.home(data_dir) == place
    assert closed.stat().st_mode & 0o777 == 0o700


def test_without_any_redis_the_error_names_the_ways_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(embedded_redis, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"apt install.*brew install.*docker run"):
        embedded_redis.binary()

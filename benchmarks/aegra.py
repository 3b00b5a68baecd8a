"""Aegra as `aegra up` runs it: workers on Redis, a Postgres, both its own; a fresh copy of the graphs."""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.errors import Failure
from benchmarks.reference import fresh_copy_of_graphs
from benchmarks.server import CACHE, Launch, running
from langgraph_server.embedded import account
from langgraph_server.embedded.postgres import PARAMETERS, initialise
from langgraph_server.embedded.redis import Redis
from tests.support.interpreters import interpreter

ENVIRONMENT = CACHE / "aegra-environment"
#: What it releases now asks for 3.12; an older Python gets 0.6.0.
PYTHONS = ("3.12", "3.13", "3.14")
#: SQLAlchemy is held where greenlet still comes with its asyncio, which the package does not ask for.
PACKAGES = ("aegra-api", "aegra-cli", "sqlalchemy[asyncio]<2.1")
EXTENSIONS = Path(__file__).parent / "extensions"
#: The database's port beside the server's.
BESIDE = 100


@contextmanager
def aegra(port: int) -> Iterator[tuple[str, list[int]]]:
    program = installed() / "aegra"
    folder = fresh_copy_of_graphs("aegra")
    (folder / "langgraph.json").rename(folder / "aegra.json")
    with postgres(folder, port + BESIDE) as database, redis(folder) as (uri, broker):
        launch = Launch(
            "aegra",
            [str(program), "serve", "--host", "127.0.0.1", "--port", str(port), "-c", "aegra.json"],
            folder=folder,
            url=f"http://127.0.0.1:{port}",
            ready="/health",
            environment={
                "POSTGRES_USER": "postgres",
                "POSTGRES_PASSWORD": "none",
                "POSTGRES_HOST": "127.0.0.1",
                "POSTGRES_PORT": str(port + BESIDE),
                "POSTGRES_DB": "postgres",
                "AUTH_TYPE": "noop",
                "REDIS_BROKER_ENABLED": "true",
                "REDIS_URL": uri,
                "LOG_LEVEL": "WARNING",
            },
        )
        with running(launch) as pid:
            yield launch.url, [pid, database, broker]


def installed() -> Path:
    """The folder of its programs; made here once."""
    programs = ENVIRONMENT / "bin"
    if not (programs / "aegra").exists():
        try:
            python = next(filter(None, map(interpreter, PYTHONS)), sys.executable)
            subprocess.run([str(python), "-m", "venv", str(ENVIRONMENT)], check=True)
            subprocess.run([str(programs / "python"), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        except subprocess.CalledProcessError as error:
            raise Failure(f"aegra cannot be installed: {error}") from error
    return programs


@contextmanager
def postgres(folder: Path, port: int) -> Iterator[int]:
    """Set as ours is; on a loopback port, because that is all its settings can name."""
    data = folder / "database"
    data.mkdir()
    pgdata, binaries = account.home(data) / "postgres", account.binaries()
    initialise(binaries, pgdata)
    parameters = {
        **PARAMETERS,
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        # Its migrations ask for uuid-ossp, which the embedded one lacks.
        "extension_control_path": f"{within_reach()}:$system",
    }
    options = shlex.join(word for name, value in parameters.items() for word in ("-c", f"{name}={value}"))
    started = account.run(binaries / "pg_ctl", "start", "-D", pgdata, "-l", pgdata / "server.log", "-w", "-o", options)
    if started.returncode:
        raise Failure(f"aegra's Postgres did not start: see {pgdata / 'server.log'}")
    try:
        yield int((pgdata / "postmaster.pid").read_text().split()[0])
    finally:
        account.run(binaries / "pg_ctl", "stop", "-D", pgdata, "-m", "fast", "-w")


@contextmanager
def redis(folder: Path) -> Iterator[tuple[str, int]]:
    server = Redis(folder)
    server.start()
    if server.process is None:
        raise Failure("aegra's Redis ran already")
    try:
        yield server.uri, server.process.pid
    finally:
        server.stop()


def within_reach() -> Path:
    """The account that runs Postgres may not reach this clone."""
    if account.reaches(EXTENSIONS):
        return EXTENSIONS
    copy = account.new_shared_folder("extensions")
    subprocess.run(["cp", "-r", f"{EXTENSIONS}/.", str(copy)], check=True)
    return copy

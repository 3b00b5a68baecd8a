"""This project's server on the benchmark graphs, with all its processes and embedded services."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.server import Launch, running

ROOT = Path(__file__).parents[1]
GRAPHS = ROOT / "benchmarks" / "graphs"


@contextmanager
def ours(port: int) -> Iterator[tuple[str, list[int]]]:
    launch = Launch("ours", command(port), folder=ROOT, url=f"http://127.0.0.1:{port}")
    with running(launch) as pid:
        yield launch.url, [pid, *embedded_postgres()]


def command(port: int) -> list[str]:
    address = ["--host", "127.0.0.1", "--port", str(port)]
    options = ["--no-reload", "--no-browser", "--config", str(GRAPHS / "langgraph.json")]
    return [sys.executable, "-m", "langgraph_server", "dev", *address, *options]


def embedded_postgres() -> list[int]:
    """It runs as a daemon, so it is no descendant of the server, but its CPU is part of every figure."""
    files = (GRAPHS / ".langgraph_server").glob("postgres*/**/postmaster.pid")
    return [int(file.read_text().split()[0]) for file in files]

"""This project's server on the benchmark graphs, with all its processes and embedded services."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.server import Launch, running

ROOT = Path(__file__).parents[1]
GRAPHS = ROOT / "benchmarks" / "graphs"


@contextmanager
def ours(
    port: int,
    *,
    graphs: Path = GRAPHS,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, list[int]]]:
    """`graphs` is the folder of the application, in which it keeps its data."""
    launch = Launch(
        f"ours-{port}",
        [*command(port, graphs), *options],
        folder=ROOT,
        url=f"http://127.0.0.1:{port}",
        environment=environment or {},
    )
    with running(launch) as pid:
        yield launch.url, [pid, *embedded_postgres(graphs)]


def command(port: int, graphs: Path) -> list[str]:
    address = ["--host", "127.0.0.1", "--port", str(port)]
    options = ["--no-reload", "--no-browser", "--config", str(graphs / "langgraph.json")]
    return [sys.executable, "-m", "langgraph_server", "dev", *address, *options]


def embedded_postgres(graphs: Path) -> list[int]:
    """It runs as a daemon, so it is no descendant of the server, but its CPU is part of every figure."""
    files = (graphs / ".langgraph_server").glob("postgres*/**/postmaster.pid")
    return [int(file.read_text().split()[0]) for file in files]

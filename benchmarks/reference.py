"""The reference server, `langgraph dev`, from an environment of its own and on a fresh copy of the graphs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server import CACHE, Launch, running

GRAPHS = Path(__file__).parent / "graphs"
ENVIRONMENT = CACHE / "reference-environment"
PACKAGE = "langgraph-cli[inmem]"


@dataclass(frozen=True)
class Tuning:
    jobs: int
    log_level: str


TUNINGS = {
    "reference": Tuning(jobs=10, log_level="INFO"),
    "reference-tuned": Tuning(jobs=200, log_level="WARNING"),
}


@contextmanager
def reference(name: str, *, python: Path, port: int) -> Iterator[tuple[str, list[int]]]:
    tuning = TUNINGS[name]
    launch = Launch(
        name,
        command(python, tuning, port),
        folder=fresh_copy_of_graphs(name),
        url=f"http://127.0.0.1:{port}",
        environment={"LOG_LEVEL": tuning.log_level, "LANGSMITH_TRACING": "false"},
    )
    with running(launch) as pid:
        yield launch.url, [pid]


def command(python: Path, tuning: Tuning, port: int) -> list[str]:
    address = ["--host", "127.0.0.1", "--port", str(port)]
    tuned = ["--n-jobs-per-worker", str(tuning.jobs), "--server-log-level", tuning.log_level]
    return [str(python.with_name("langgraph")), "dev", "--no-browser", "--no-reload", *address, *tuned]


def fresh_copy_of_graphs(name: str) -> Path:
    """It keeps its data in the folder it is started in, and loads all of it when it starts."""
    folder = CACHE / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(GRAPHS, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    return folder


def reference_python(given: Path | None) -> Path:
    """The interpreter with the reference server: the one given, or one made here once."""
    if chosen := given or os.environ.get("BENCH_REFERENCE_PYTHON"):
        return Path(chosen)
    python = ENVIRONMENT / "bin" / "python"
    if not python.with_name("langgraph").exists():
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", PACKAGE], check=True)
    return python

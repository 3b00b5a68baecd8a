"""`python -m tests.differential`: ask the reference and this server the same, write what differs."""

import asyncio
import importlib.metadata
import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from benchmarks import reference
from benchmarks.server import CACHE, Launch, running
from tests.differential import known
from tests.differential.comparison import Difference, compare
from tests.differential.observing import Observation, Observer
from tests.differential.report import markdown
from tests.differential.scripts import SCRIPTS

ROOT = Path(__file__).parents[2]
GRAPHS = ROOT / "tests" / "graphs"
REPORT = ROOT / "docs" / "differential.md"
VERSIONS = "import importlib.metadata as m; print(m.version('langgraph-api'), m.version('langgraph'))"


def main() -> None:
    options = arguments()
    python = reference.reference_python(options.reference_python)
    with ExitStack() as stack:
        theirs = stack.enter_context(served("reference-differential", reference_command(python, options.port)))
        ours = stack.enter_context(served("ours-differential", our_command(options.port + 1)))
        answers = asyncio.run(asked_both(theirs, ours))
    found: list[Difference] = []
    for script, (one, other) in answers.items():
        found += compare(script, one, other)
    counts = {script: len(one) for script, (one, _) in answers.items()}
    today = time.strftime("%Y-%m-%d", time.gmtime())
    options.report.write_text(markdown(counts, found, date=today, versions=versions(python)))
    unexplained = [difference for difference in found if known.reason(difference) is None]
    for odd in unexplained:
        sys.stdout.write(f"{odd.script}/{odd.name} {odd.path}\n  {odd.theirs}\n  {odd.ours}\n")
    sys.stdout.write(f"{sum(counts.values())} calls, {len(found)} differences, {len(unexplained)} unexplained\n")
    sys.exit(bool(unexplained))


def arguments() -> "Options":
    parser = ArgumentParser(prog="python -m tests.differential", description="Compare with the reference server.")
    parser.add_argument("--reference-python", type=Path, help="an interpreter that has the reference server already")
    parser.add_argument("--port", type=int, default=2290, help="the first of two ports to start servers on")
    parser.add_argument("--report", type=Path, default=REPORT)
    return parser.parse_args(namespace=Options())


class Options:
    reference_python: Path | None
    port: int
    report: Path


def reference_command(python: Path, port: int) -> tuple[list[str], int]:
    tuning = reference.Tuning(jobs=10, log_level="WARNING")
    return reference.command(python, tuning, port), port


def our_command(port: int) -> tuple[list[str], int]:
    options = ["--no-reload", "--no-browser", "--config", "langgraph.json", "--host", "127.0.0.1", "--port", str(port)]
    return [sys.executable, "-m", "langgraph_server", "dev", *options], port


@contextmanager
def served(name: str, command: tuple[list[str], int]) -> Iterator[str]:
    """On a fresh copy of the graphs: both servers keep their data beside them."""
    words, port = command
    folder = CACHE / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(GRAPHS, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    url = f"http://127.0.0.1:{port}"
    environment = {"LANGSMITH_TRACING": "false", "PYTHONPATH": str(ROOT)}
    with running(Launch(name, words, folder=folder, url=url, environment=environment)):
        yield url


async def asked_both(theirs: str, ours: str) -> dict[str, tuple[list[Observation], list[Observation]]]:
    one, other = await asyncio.gather(asked(theirs), asked(ours))
    return {script: (one[script], other[script]) for script in SCRIPTS}


async def asked(url: str) -> dict[str, list[Observation]]:
    answers: dict[str, list[Observation]] = {}
    for name, script in SCRIPTS.items():
        async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as http:
            observer = Observer(http)
            await script(observer)
            answers[name] = observer.seen
    return answers


def versions(python: Path) -> str:
    told = subprocess.run([str(python), "-c", VERSIONS], capture_output=True, text=True, check=True).stdout.split()
    ours = {name: importlib.metadata.version(name) for name in ("django-langgraph-server", "langgraph")}
    return (
        f"reference: langgraph-api {told[0]} with langgraph {told[1]}; "
        f"here: {ours['django-langgraph-server']} with langgraph {ours['langgraph']}"
    )


if __name__ == "__main__":
    main()

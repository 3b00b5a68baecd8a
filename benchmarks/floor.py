"""`python -m benchmarks.floor`: what LangGraph costs without any server, below which no server of it can get."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

from benchmarks.bill import remembered
from benchmarks.errors import Failure
from benchmarks.ours import GRAPHS, ours

#: CPU in milliseconds of a run, a token or a step, by the saver.
Costs = Mapping[str, float]
SAVERS = {"none": "no saver", "stock": "LangGraph's saver", "grouped": "group commit", "ours": "our saver"}
#: What is measured, each one a graph.
OPERATIONS = ("run", "token", "step")


@dataclass(frozen=True)
class Floor:
    """A process of its own, which waits to be asked."""

    process: subprocess.Popen[bytes]
    #: How long it looks at each saver.
    seconds: float

    def costs(self, operation: str) -> Costs:
        assert self.process.stdin
        self.process.stdin.write(f"{operation} {self.seconds}\n".encode())
        self.process.stdin.flush()
        found: Costs = orjson.loads(self.told())
        return found

    def told(self) -> bytes:
        assert self.process.stdout
        if not (line := self.process.stdout.readline()):
            raise Failure("the process that measures the floor has ended")
        return line


@contextmanager
def floor(seconds: float) -> Iterator[Floor]:
    """On the database of a server of ours that runs on the benchmark's graphs. Its start is over: it takes a core for
    seconds, in which nothing else can be measured.
    """
    environment = {
        "DATABASE_URI": remembered("DATABASE_URI"),
        "REDIS_URI": remembered("REDIS_URI"),
        "SECRET_KEY": remembered("SECRET_KEY"),
        "LANGGRAPH_CONFIG": str(GRAPHS / "langgraph.json"),
        "DJANGO_SETTINGS_MODULE": "langgraph_server.settings",
        "LANGSMITH_TRACING": "false",
    }
    command = [sys.executable, "-m", "benchmarks.bare"]
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        below = Floor(process, seconds)
        below.told()
        yield below


def print_costs(below: Floor) -> None:
    print(f"| CPU ms, without a server | {' | '.join(SAVERS.values())} |\n|---|{'---|' * len(SAVERS)}")
    for operation in OPERATIONS:
        costs = below.costs(operation)
        print(f"| one {operation} | {' | '.join(f'{costs[saver]:.3g}' for saver in SAVERS)} |", flush=True)


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.floor", description=__doc__)
    parser.add_argument("--port", type=int, default=2403)
    parser.add_argument("--seconds", type=float, default=3.0)
    chosen = parser.parse_args()
    with ours(chosen.port), floor(chosen.seconds) as below:
        print_costs(below)

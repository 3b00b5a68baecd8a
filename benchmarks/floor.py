"""`python -m benchmarks.floor`: what LangGraph costs without any server, below which no server of it can get."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Mapping

import orjson

from benchmarks.bill import remembered
from benchmarks.ours import GRAPHS, ours

#: CPU in milliseconds, by what is done and by the saver: none, LangGraph's own, ours.
Floor = Mapping[str, Mapping[str, float]]
SAVERS = {"none": "no saver", "stock": "LangGraph's saver", "ours": "our saver"}


def measured(seconds: float) -> Floor:
    """On the database of a server of ours that runs on the benchmark's graphs; in a process of its own."""
    environment = {
        "DATABASE_URI": remembered("DATABASE_URI"),
        "REDIS_URI": remembered("REDIS_URI"),
        "SECRET_KEY": remembered("SECRET_KEY"),
        "LANGGRAPH_CONFIG": str(GRAPHS / "langgraph.json"),
        "DJANGO_SETTINGS_MODULE": "langgraph_server.settings",
        "LANGSMITH_TRACING": "false",
    }
    command = [sys.executable, "-m", "benchmarks.bare", str(seconds)]
    told = subprocess.run(command, env={**os.environ, **environment}, check=True, stdout=subprocess.PIPE).stdout
    found: Floor = orjson.loads(told)
    return found


def print_floor(floor: Floor) -> None:
    if not floor:
        return
    print(f"\n| CPU ms, without a server | {' | '.join(SAVERS.values())} |\n|---|---|---|---|")
    for name, costs in floor.items():
        print(f"| one {name} | {' | '.join(f'{costs[saver]:.3g}' for saver in SAVERS)} |")


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.floor", description=__doc__)
    parser.add_argument("--port", type=int, default=2403)
    parser.add_argument("--seconds", type=float, default=3.0)
    chosen = parser.parse_args()
    with ours(chosen.port):
        print_floor(measured(chosen.seconds))

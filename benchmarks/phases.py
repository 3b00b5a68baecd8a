"""`python -m benchmarks.phases`: where the time of a stateless wait goes, by the client's clock and the run's row."""

import asyncio
import statistics
import time
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from itertools import pairwise

import orjson
import psycopg

from benchmarks.bill import remembered
from benchmarks.client import whole_body
from benchmarks.connection import Connection
from benchmarks.load import closed_loop
from benchmarks.ours import ours

BODY = orjson.dumps({"assistant_id": "noop", "input": {"n": 1}})
PHASES = ("request to row", "row to claim", "claim to settled row", "settled row to answer", "together")
ROWS = """
SELECT run_id::text, extract(epoch FROM created_at)::float, extract(epoch FROM started_at)::float,
    extract(epoch FROM updated_at)::float
FROM runs_run WHERE run_id::text = ANY(%s)
"""


def main(port: int, *, clients: Sequence[int], seconds: float) -> None:
    with ours(port) as (url, _):
        for count in clients:
            asyncio.run(measure(url, clients=count, seconds=2))
            print_phases(count, asyncio.run(measure(url, clients=count, seconds=seconds)))


async def measure(url: str, *, clients: int, seconds: float) -> Mapping[str, tuple[float, float]]:
    """When each run was asked for and answered."""
    connections = [await Connection.open(url) for _ in range(clients)]

    async def wait(_: int) -> tuple[str, float, float]:
        connection, asked = connections.pop(), time.time()
        head = await connection.request("POST", "/runs/wait", BODY)
        await whole_body(connection, head)
        connections.append(connection)
        return head.headers[b"content-location"].decode().rpartition("/")[2], asked, time.time()

    load = await closed_loop(wait, clients=clients, seconds=seconds)
    for connection in connections:
        connection.close()
    return {run_id: (asked, answered) for run_id, asked, answered in load.results}


def print_phases(clients: int, told: Mapping[str, tuple[float, float]]) -> None:
    with psycopg.connect(remembered("DATABASE_URI")) as connection:
        rows = connection.execute(ROWS, [list(told)]).fetchall()
    instants = [(told[run_id][0], *between, told[run_id][1]) for run_id, *between in rows]
    spans = [(*(b - a for a, b in pairwise(each)), each[-1] - each[0]) for each in instants]
    print(f"\n{clients} clients, {len(spans)} runs\n\n| phase | mean ms | p90 |\n|---|---|---|")
    for name, seconds in zip(PHASES, zip(*spans, strict=True), strict=True):
        mean, ninth = statistics.mean(seconds), statistics.quantiles(seconds, n=10)[-1]
        print(f"| {name} | {mean * 1000:.1f} | {ninth * 1000:.1f} |")


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.phases", description=__doc__)
    parser.add_argument("--port", type=int, default=2397)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--seconds", type=float, default=5.0)
    chosen = parser.parse_args()
    main(chosen.port, clients=chosen.clients, seconds=chosen.seconds)

"""`python -m benchmarks.hosts`: do workers on two hosts add up? Each host is a network namespace with one worker.

It reaches Postgres and Redis by TCP over a cable of its own. Runs that sleep need slots, not cores, so that one machine
shows it. Needs root and iproute2.
"""

import asyncio
import subprocess
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from urllib.parse import parse_qs, urlsplit

from benchmarks.bill import remembered
from benchmarks.client import Client
from benchmarks.growth.workers import RUNS, SECONDS, SLOTS, slept
from benchmarks.ours import GRAPHS, ours
from benchmarks.server import CACHE, environment, stop
from langgraph_server.supervision import COMMAND
from tests.support.hosts import Host, host
from tests.support.proxy import Dial, Road, road


def main(port: int, numbers: Sequence[int]) -> None:
    print(f"{RUNS} runs that sleep {SECONDS:g} s, {SLOTS} slots a worker\n")
    print("| hosts with a worker each | all have slept, s | what the slots allow, s |\n|---|---|---|")
    with ours(port, options=["--workers", "0"]) as (url, _):
        for number in numbers:
            with ExitStack() as stack:
                for place in range(number):
                    stack.enter_context(worker_on(stack.enter_context(host(place))))
                seconds = asyncio.run(slept(Client(url)))
            print(f"| {number} | {seconds:.1f} | {RUNS / (SLOTS * number) * SECONDS:.1f} |", flush=True)


@contextmanager
def worker_on(far: Host) -> Iterator[None]:
    with road(to_postgres(), host=far.outside) as postgres, road(to_redis(), host=far.outside) as redis:
        with (CACHE / f"{far.name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*far.prefix, *COMMAND, "worker", "--n-jobs-per-worker", str(SLOTS)],
                env={**environment(), **services(postgres, redis)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            yield
        finally:
            stop(process)


def to_postgres() -> Dial:
    where = parse_qs(urlsplit(remembered("DATABASE_URI")).query)
    return lambda: asyncio.open_unix_connection(f"{where['host'][0]}/.s.PGSQL.{where['port'][0]}")


def to_redis() -> Dial:
    where = urlsplit(remembered("REDIS_URI"))
    return lambda: asyncio.open_connection(where.hostname, where.port)


def services(postgres: Road, redis: Road) -> Mapping[str, str]:
    """By which the far worker reaches them."""
    broker = urlsplit(remembered("REDIS_URI"))
    database = urlsplit(remembered("DATABASE_URI")).path
    return {
        "DATABASE_URI": f"postgresql://postgres@{postgres.host}:{postgres.port}{database}",
        "REDIS_URI": broker._replace(netloc=f":{broker.password}@{redis.host}:{redis.port}").geturl(),
        "SECRET_KEY": remembered("SECRET_KEY"),
        "LANGGRAPH_CONFIG": str(GRAPHS / "langgraph.json"),
    }


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.hosts", description=__doc__)
    parser.add_argument("--port", type=int, default=2401)
    parser.add_argument("--hosts", type=int, nargs="+", default=[1, 2, 4])
    chosen = parser.parse_args()
    main(chosen.port, chosen.hosts)

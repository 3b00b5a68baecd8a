"""`python -m benchmarks.bill`: what a run costs each part: CPU, commits, flushes of the WAL, Redis commands."""

import asyncio
from argparse import ArgumentParser
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
from redis import Redis

from benchmarks.client import Client
from benchmarks.idle import name
from benchmarks.load import closed_loop
from benchmarks.measuring import Target
from benchmarks.ours import GRAPHS, ours
from benchmarks.processes import ProcessTree, cpu_seconds
from benchmarks.sections.loops import Request
from benchmarks.sections.wait import thread_wait, wait
from langgraph_server.embedded import state

#: Backends report what they did when they have been quiet for a second.
QUIET = 3.0
COUNTERS = """
SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
       (SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'),
       pg_current_wal_lsn() - '0/0'::pg_lsn
"""
KINDS: Mapping[str, Request] = {"stateless": wait, "thread made, run on it": thread_wait}
TARGETS = {"commits": 5.0, "Redis commands": 6.0}


def main(port: int, *, clients: list[int], seconds: float) -> None:
    with ours(port) as (url, pids):
        target = Target(Client(url), ProcessTree(pids), seconds=seconds)
        asyncio.run(bills(target, clients))


async def bills(target: Target, clients: list[int]) -> None:
    await closed_loop(lambda number: thread_wait(target, number), clients=8, seconds=3)
    for kind, request in KINDS.items():
        for count in clients:
            await bill(f"{kind}, {count} clients", target, request, count)


async def bill(title: str, target: Target, request: Request, clients: int) -> None:
    """What the installation does by itself meanwhile, mostly polls and sweeps, is taken off."""
    await asyncio.sleep(QUIET)
    idle, before = await spent_in(target, QUIET), spendings(target)
    load = await closed_loop(lambda number: request(target, number), clients=clients, seconds=target.seconds)
    await asyncio.sleep(QUIET)
    after, runs = spendings(target), len(load.results)
    share = (load.seconds + QUIET) / QUIET
    print(f"\n{title}: {runs} runs, {load.per_second:.0f}/s\n\n| a run | | target |\n|---|---|---|")
    for part, total in after.items():
        print(f"| {part} | {(total - before[part] - idle[part] * share) / runs:.2f} | {TARGETS.get(part, '')} |")


async def spent_in(target: Target, seconds: float) -> Mapping[str, float]:
    before = spendings(target)
    await asyncio.sleep(seconds)
    return {part: total - before[part] for part, total in spendings(target).items()}


def spendings(target: Target) -> Mapping[str, float]:
    """Until now; CPU in milliseconds."""
    return {**processors(target.processes), **database(), "Redis commands": redis_commands()}


def processors(processes: ProcessTree) -> Mapping[str, float]:
    spent = {f"CPU ms, {part}": 0.0 for part in ("web", "worker", "Postgres", "Redis")}
    for process in processes:
        # Backends of Postgres come and go; what one spent is its parent's then.
        with suppress(psutil.NoSuchProcess):
            if (part := part_of(process)) is not None:
                spent[f"CPU ms, {part}"] += cpu_seconds(process) * 1000
    return spent


def part_of(process: psutil.Process) -> str | None:
    if "postgres" in process.name():
        # Children that have ended are counted with their parent.
        return "Postgres"
    return {"web": "web", "worker": "worker", "redis-server": "Redis", "valkey-server": "Redis"}.get(name(process))


def database() -> Mapping[str, float]:
    with psycopg.connect(remembered("DATABASE_URI"), autocommit=True) as connection:
        row = connection.execute(COUNTERS).fetchone()
    assert row is not None
    return dict(zip(("commits", "flushes of the WAL", "bytes of WAL"), map(float, row), strict=True))


def redis_commands() -> float:
    with Redis.from_url(remembered("REDIS_URI")) as client:
        stats = client.info("commandstats")
    # A script's own commands are counted beside it, though no client waits for them.
    return float(sum(each["calls"] for command, each in stats.items() if command != "cmdstat_info"))


def remembered(variable: str) -> str:
    """Where our `dev` says its services are."""
    return str(state.read(data_dir())[variable])


def data_dir() -> Path:
    return GRAPHS / ".langgraph_server"


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.bill", description=__doc__)
    parser.add_argument("--port", type=int, default=2396)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--seconds", type=float, default=5.0)
    chosen = parser.parse_args()
    main(chosen.port, clients=chosen.clients, seconds=chosen.seconds)

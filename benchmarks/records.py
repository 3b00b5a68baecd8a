"""`python -m benchmarks.records`: the CPU a run that writing records costs, against servers that write none.

Servers that differ in that setting alone run beside each other and take turns, a fraction of a minute each, so that
what else the machine does meets them alike. Figures are medians of the rounds' ratios, with bootstrapped intervals.
"""

import asyncio
import random
import shutil
import statistics
import tempfile
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.client import Client
from benchmarks.load import fixed_number
from benchmarks.measuring import CpuMeter, Target, quantile
from benchmarks.ours import GRAPHS, ours
from benchmarks.processes import ProcessTree
from benchmarks.sections import steps, wait

OFF = "off"
#: By the column's name; the second server that writes nothing shows what two alike differ by.
SERVERS = {OFF: OFF, "off again": OFF, "attempts": "attempts", "all": "all"}
#: Seconds after which the recorders have written what a turn gave them.
WRITTEN = 1.5
SAMPLES = 2_000

#: Spent CPU, in milliseconds a run, by what was done and by the server, one a round.
Spent = Mapping[tuple[str, str], list[float]]


async def waits(target: Target, count: int, operation: Callable[[Target, int], Awaitable[None]]) -> None:
    await fixed_number(lambda number: operation(target, number), count=count, clients=32)


async def long_runs(target: Target, _: int) -> None:
    await steps.steps(target)


WORKLOADS: Mapping[str, tuple[int, Callable[[Target, int], Awaitable[None]]]] = {
    "`wait`, 32 clients": (256, lambda target, count: waits(target, count, wait.wait)),
    "new thread, then `wait`, 32 clients": (128, lambda target, count: waits(target, count, wait.thread_wait)),
    "8 runs of 100 steps": (steps.RUNS, long_runs),
}


def main(port: int, *, rounds: int) -> None:
    with ExitStack() as stack:
        targets = {
            name: stack.enter_context(server(port + number, setting))
            for number, (name, setting) in enumerate(SERVERS.items())
        }
        spent = asyncio.run(measured(targets, rounds))
    print(f"| {rounds} rounds, CPU a run | off, ms | {' | '.join([*SERVERS][1:])} |\n|---|---|---|---|---|")
    for name in WORKLOADS:
        against = [compared(spent[name, setting], spent[name, OFF]) for setting in [*SERVERS][1:]]
        print(f"| {name} | {statistics.median(spent[name, OFF]):.2f} | {' | '.join(against)} |")


@contextmanager
def server(port: int, setting: str) -> Iterator[Target]:
    """With services of its own, which a folder of its own makes it start."""
    with tempfile.TemporaryDirectory(prefix="lgs-records-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        graphs = shutil.copytree(
            GRAPHS, Path(folder) / "graphs", ignore=shutil.ignore_patterns(".langgraph_server", "__pycache__")
        )
        with ours(port, graphs=graphs, environment={"LANGGRAPH_SERVER_RECORDS": setting}) as (url, pids):
            yield Target(Client(url), ProcessTree(pids))


async def measured(targets: Mapping[str, Target], rounds: int) -> Spent:
    spent: dict[tuple[str, str], list[float]] = {(name, setting): [] for name in WORKLOADS for setting in SERVERS}
    for number in range(rounds + 1):
        for name in WORKLOADS:
            for setting in random.sample([*SERVERS], len(SERVERS)):
                figure = await turn(targets[setting], name)
                if number:  # the first round warms
                    spent[name, setting].append(figure)
    return spent


async def turn(target: Target, name: str) -> float:
    count, operation = WORKLOADS[name]
    cpu = CpuMeter(target.processes)
    await operation(target, count)
    await asyncio.sleep(WRITTEN)
    return cpu.ms_per(count) or 0.0


def compared(some: Sequence[float], none: Sequence[float]) -> str:
    ratios = [one / other for one, other in zip(some, none, strict=True)]
    medians = [statistics.median(random.choices(ratios, k=len(ratios))) for _ in range(SAMPLES)]
    low, high = quantile(medians, 0.025), quantile(medians, 0.975)
    return f"{percent(statistics.median(ratios))} ({percent(low)} to {percent(high)})"


def percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f} %"


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.records", description=__doc__)
    parser.add_argument("--port", type=int, default=2394)
    parser.add_argument("--rounds", type=int, default=20)
    chosen = parser.parse_args()
    main(chosen.port, rounds=chosen.rounds)

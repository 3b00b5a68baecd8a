"""`python -m benchmarks.idle`: how long the whole installation takes to start, and what it costs while nobody asks."""

import time
from argparse import ArgumentParser
from collections.abc import Mapping

import psutil

from benchmarks.ours import ours
from benchmarks.processes import ProcessTree, cpu_seconds, memory_bytes

#: Seconds that caches, pools and the first sweeps have to settle.
SETTLING = 15


def main(port: int, *, seconds: int, starts: int) -> None:
    started(port)  # the services are initialised
    times = [started(port) for _ in range(starts)]
    print(f"start to /ok: {', '.join(f'{each:.2f} s' for each in times)}", flush=True)
    with ours(port) as (_, pids):
        time.sleep(SETTLING)
        before = costs(pids)
        time.sleep(seconds)
        after = costs(pids)
        print("| process | % of a core | MB |\n|---|---|---|")
        for process in ProcessTree(pids):
            spent = after.get(process.pid, 0.0) - before.get(process.pid, 0.0)
            print(f"| {name(process)} | {100 * spent / seconds:.2f} | {memory_bytes(process) / 2**20:.0f} |")
        spent = sum(after.values()) - sum(before.get(pid, 0.0) for pid in after)
        print(f"| together | {100 * spent / seconds:.2f} | {ProcessTree(pids).memory_mb():.0f} |")


def started(port: int) -> float:
    began = time.perf_counter()
    with ours(port):
        return time.perf_counter() - began


def costs(pids: list[int]) -> Mapping[int, float]:
    return {process.pid: cpu_seconds(process) for process in ProcessTree(pids)}


def name(process: psutil.Process) -> str:
    """Postgres says what each of its processes does; ours are told by their command."""
    words = process.cmdline()
    if "postgres" in process.name():
        return " ".join(words)[:60] if words[0].startswith("postgres:") else "postgres"
    found = [word for word in words if word in {"dev", "web", "worker", "beat"}]
    return found[0] if found else process.name()


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.idle", description=__doc__)
    parser.add_argument("--port", type=int, default=2392)
    parser.add_argument("--seconds", type=int, default=60, help="of doing nothing")
    parser.add_argument("--starts", type=int, default=3)
    chosen = parser.parse_args()
    main(chosen.port, seconds=chosen.seconds, starts=chosen.starts)

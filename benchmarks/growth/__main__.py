"""`python -m benchmarks.growth`: what operations cost as threads, runs, states, streams and the store grow."""

import asyncio
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import orjson

from benchmarks.client import Client
from benchmarks.growth import past, size, store, streams, threads, waiting, workers
from benchmarks.growth.axis import Axis, Costs, Setting
from benchmarks.growth.fitting import exponent, verdict
from benchmarks.machine import machine
from benchmarks.options import names_among
from benchmarks.ours import ours
from benchmarks.processes import ProcessTree
from benchmarks.reference import fresh_copy_of_graphs

AXES = {
    "threads": threads.AXIS,
    "runs": past.RUNS,
    "waiting": waiting.AXIS,
    "checkpoints": past.CHECKPOINTS,
    "size": size.AXIS,
    "streams": streams.AXIS,
    "store": store.AXIS,
    "workers": workers.AXIS,
}


def main(port: int, *, axes: Sequence[str], largest: int, json: Path | None) -> None:
    graphs, record = fresh_copy_of_graphs("growth"), {}
    fresh_copy_of_graphs("growth-workers")
    with ours(port, graphs=graphs) as (url, pids):
        setting = Setting(Client(url), ProcessTree(pids), graphs)
        for axis in (AXES[name] for name in axes):
            record[axis.name] = asyncio.run(grown(axis, setting, largest))
            print_table(axis, record[axis.name])
            if json:
                write(json, record)


async def grown(axis: Axis, setting: Setting, largest: int) -> dict[int, Costs]:
    found = {}
    for place in (each for each in axis.sizes if each <= largest):
        print(f"{axis.name}: {place} …", flush=True)
        found[place] = await axis.measure(setting, place)
    setting.client.close()
    return found


def print_table(axis: Axis, found: dict[int, Costs]) -> None:
    sizes = list(found)
    print(f"\n| {axis.name} | {' | '.join(f'{place:,}' for place in sizes)} | exponent |")
    print("|---|" + "---|" * (len(sizes) + 1))
    for name, first in found[sizes[0]].items():
        rows = [found[place][name] for place in sizes]
        line(f"{name}, {first.unit}", sizes, [row.value for row in rows])
        if first.cpu_ms is not None:
            line(f"{name}, CPU ms", sizes, [row.cpu_ms or 0.0 for row in rows])
    print(flush=True)


def line(name: str, sizes: Sequence[int], values: Sequence[float]) -> None:
    slope = exponent(sizes, values)
    print(f"| {name} | {' | '.join(f'{value:.3g}' for value in values)} | {verdict(slope)} |")


def write(path: Path, record: dict[str, dict[int, Costs]]) -> None:
    axes = {
        axis: {str(place): {name: asdict(cost) for name, cost in costs.items()} for place, costs in found.items()}
        for axis, found in record.items()
    }
    path.write_bytes(orjson.dumps({"machine": machine(), "axes": axes}, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--port", type=int, default=2390)
    parser.add_argument("--axes", type=names_among(AXES), default=list(AXES), help=",".join(AXES))
    parser.add_argument("--largest", type=int, default=10**7, help="leave out sizes beyond")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    chosen = parser.parse_args()
    main(chosen.port, axes=chosen.axes, largest=chosen.largest, json=chosen.json)

"""Measuring several targets in alternation, so that a change of the machine's mood meets all of them."""

import asyncio
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.contenders import Contenders
from benchmarks.errors import FAILURES
from benchmarks.floor import Costs, Floor
from benchmarks.measuring import Figure, Row, Target

LONGEST_REPETITION = 300.0


@dataclass
class Cell:
    """The repetitions of a row on one target. A cell with a failure has no value."""

    figures: list[Figure] = field(default_factory=list)
    failure: str | None = None
    #: The share of a core that the generator used at most; near one, it was the limit and not the server.
    generator_cores: float = 0.0

    @property
    def value(self) -> float | None:
        return None if self.failure else statistics.median(figure.value for figure in self.figures)

    @property
    def cpu_ms(self) -> float | None:
        known = [figure.cpu_ms for figure in self.figures if figure.cpu_ms is not None]
        return statistics.median(known) if known and not self.failure else None


@dataclass(frozen=True)
class Line:
    row: Row
    cells: Mapping[str, Cell]
    #: What its floor cost beside each repetition, where it has one.
    floors: list[Costs] = field(default_factory=list)

    def floor(self, saver: str) -> float | None:
        """CPU in milliseconds of the graph alone."""
        return statistics.median(costs[saver] for costs in self.floors) if self.floors else None

    def ratio(self, ours: str, theirs: str) -> float | None:
        """How many times better `ours` is."""
        a, b = self.cells[ours].value, self.cells[theirs].value
        if not a or not b:
            return None
        return a / b if self.row.is_rate else b / a


async def compare(row: Row, contenders: Contenders, below: Floor | None, repetitions: int) -> Line:
    line = Line(row, {name: Cell(failure=contenders.absent.get(name)) for name in contenders.names})
    for _ in range(min(repetitions, row.most_repetitions)):
        for name, cell in line.cells.items():
            if not cell.failure:
                await repeat(row, contenders.targets[name], cell)
        if below and row.floor:
            line.floors.append(below.costs(row.floor))
    return line


async def repeat(row: Row, target: Target, cell: Cell) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        async with asyncio.timeout(LONGEST_REPETITION):
            cell.figures.append(await row.measure(target))
    except FAILURES as error:
        cell.failure = str(error) or repr(error)
    busy = (time.process_time() - cpu) / (time.perf_counter() - wall)
    cell.generator_cores = max(cell.generator_cores, busy)

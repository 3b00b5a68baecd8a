"""What is measured: a target, a row of the table, and the figure that one repetition gives."""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.client import Client
from benchmarks.processes import ProcessTree


@dataclass
class Target:
    """A server under test."""

    client: Client
    processes: ProcessTree
    #: How long the closed loops of a repetition last.
    seconds: float = 3.0
    #: The threads that the rows about threads read and find; made by the first of them.
    thread_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Figure:
    value: float
    #: CPU of the server's processes per operation; none where no operation can be told.
    cpu_ms: float | None = None
    detail: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a row is to reach; each part that is told."""

    #: Times better than the reference in its better setting.
    better: float | None = None
    #: Times better than Aegra.
    aegra: float | None = None
    #: In the row's unit, where lower is better.
    at_most: float | None = None
    cpu_ms: float | None = None
    #: CPU, as a share of what the reference takes in its better setting.
    cpu_share: float | None = None
    #: CPU, as a multiple of what the graph alone takes with a saver that commits in groups (benchmarks.grouped).
    floors: float | None = None


@dataclass(frozen=True)
class Row:
    name: str
    unit: str
    measure: Callable[[Target], Awaitable[Figure]]
    goal: Goal = Goal()
    #: What of `benchmarks.floor` is below it, if anything: "run", "token" or "step"; and whether it is saved.
    floor: str = ""
    is_saved: bool = False
    #: Rows that take minutes on a slow server are not repeated as often as asked.
    most_repetitions: int = 100

    @property
    def is_rate(self) -> bool:
        """Rates are better when higher; everything else is better when lower."""
        return self.unit.endswith("/s")


class CpuMeter:
    """The CPU that a server uses from now on."""

    def __init__(self, processes: ProcessTree) -> None:
        self._processes = processes
        self._start = processes.cpu_seconds()

    def ms_per(self, operations: int) -> float | None:
        if not self._processes.roots:
            return None
        return (self._processes.cpu_seconds() - self._start) * 1000 / operations


def quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1]


def quantiles_ms(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{percent}_ms": quantile(seconds, percent / 100) * 1000 for percent in (50, 95, 99)}

"""A row of the benchmark says by itself where it misses what it was to reach."""

from typing import Any

import pytest

from benchmarks.comparison import Cell, Line
from benchmarks.floor import Costs
from benchmarks.measuring import Figure, Goal, Row, Target
from benchmarks.verdict import verdict

#: Beside each repetition.
FLOORS: list[Costs] = [{"grouped": cpu_ms, "ours": 0.9} for cpu_ms in (1.0, 0.5, 3.0)]


async def nothing(target: Target) -> Figure:
    raise NotImplementedError


def line(goal: Goal, *, unit: str = "runs/s", **cells: tuple[float, float | None]) -> Line:
    measured = {name: Cell([Figure(value, cpu_ms)]) for name, (value, cpu_ms) in cells.items()}
    return Line(Row("row", unit, nothing, goal, floor="run"), measured, FLOORS)


@pytest.mark.parametrize(
    ("goal", "cells", "told"),
    [
        (Goal(better=4), {"ours": (400, 1), "reference": (100, 1), "reference-tuned": (50, 1)}, "4 x"),
        (Goal(better=4), {"ours": (399, 1), "reference": (50, 1), "reference-tuned": (100, 1)}, "4 x missed"),
        (Goal(better=4), {"ours": (399, 1)}, "4 x"),
        (Goal(cpu_ms=0.1), {"ours": (1, 0.11)}, "CPU 0.1 ms missed"),
        (
            Goal(better=2, cpu_share=0.8),
            {"ours": (9, 0.9), "reference": (1, 2.0), "reference-tuned": (1, 1.0)},
            "2 x, CPU 0.8 x missed",
        ),
        (Goal(aegra=20), {"ours": (100, 1), "aegra": (6, 1)}, "20 x aegra missed"),
        (Goal(aegra=20), {"ours": (100, 1)}, "-"),
        (Goal(floors=2), {"ours": (100, 2.1)}, "2 x the floor missed"),
        (Goal(floors=2), {"ours": (100, 2)}, "2 x the floor"),
        (Goal(), {"ours": (1, 1)}, "-"),
    ],
)
def test_a_miss_is_told(goal: Goal, cells: dict[str, Any], told: str) -> None:
    assert verdict(line(goal, **cells), "ours") == told


def test_where_lower_is_better_less_is_met() -> None:
    first = line(Goal(better=40, at_most=25), unit="ms", ours=(20, 1), reference=(1000, 1))
    assert verdict(first, "ours") == "40 x, 25 ms"
    assert verdict(line(Goal(at_most=3), unit="s", ours=(3.2, 1)), "ours") == "3 s missed"

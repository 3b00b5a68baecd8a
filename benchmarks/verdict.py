"""What a row was to reach, and whether it did."""

from collections.abc import Iterator, Sequence

from benchmarks.comparison import Line
from benchmarks.options import AEGRA
from benchmarks.reference import TUNINGS

#: None where it cannot be told.
Judged = tuple[str, bool | None]


def verdict(line: Line, ours: str) -> str:
    """`4 x, CPU 0.8 x missed`."""
    judged = [*rates(line, ours), *costs(line, ours)]
    return ", ".join(f"{told} missed" if met is False else told for told, met in judged) or "-"


def rates(line: Line, ours: str) -> Iterator[Judged]:
    goal = line.row.goal
    if goal.better is not None:
        yield f"{goal.better:g} x", beats(line, ours, list(TUNINGS), goal.better)
    if goal.aegra is not None and AEGRA in line.cells:
        yield f"{goal.aegra:g} x aegra", beats(line, ours, [AEGRA], goal.aegra)
    if goal.at_most is not None:
        yield f"{goal.at_most:g} {line.row.unit}", no_more(line.cells[ours].value, goal.at_most)


def costs(line: Line, ours: str) -> Iterator[Judged]:
    goal, spent = line.row.goal, line.cells[ours].cpu_ms
    if goal.cpu_ms is not None:
        yield f"CPU {goal.cpu_ms:g} ms", no_more(spent, goal.cpu_ms)
    if goal.cpu_share is not None:
        theirs = [cell.cpu_ms for name, cell in line.cells.items() if name in TUNINGS and cell.cpu_ms]
        limit = goal.cpu_share * min(theirs) if theirs else None
        yield f"CPU {goal.cpu_share:g} x", no_more(spent, limit)
    if goal.floors is not None:
        below = line.floor("grouped")
        yield f"{goal.floors:g} x the floor", no_more(spent, below and goal.floors * below)


def beats(line: Line, ours: str, others: Sequence[str], wanted: float) -> bool | None:
    ratios = [ratio for name in others if name in line.cells and (ratio := line.ratio(ours, name))]
    return min(ratios) >= wanted if ratios else None


def no_more(value: float | None, limit: float | None) -> bool | None:
    return None if value is None or limit is None else value <= limit

"""What a row was to reach, and whether it did."""

from collections.abc import Iterator, Sequence

from benchmarks.comparison import Cell, Line

Judged = tuple[str, bool | None]


def verdict(line: Line, ours: str, references: Sequence[str]) -> str:
    """`4 x, CPU 0.8 x missed`; nothing is said of what cannot be told."""
    judged = list(parts(line, line.cells[ours], [name for name in references if name in line.cells], ours))
    return ", ".join(f"{told} missed" if met is False else told for told, met in judged) or "-"


def parts(line: Line, own: Cell, references: Sequence[str], ours: str) -> Iterator[Judged]:
    goal = line.row.goal
    if goal.better is not None:
        ratios = [ratio for name in references if (ratio := line.ratio(ours, name))]
        yield f"{goal.better:g} x", (min(ratios) >= goal.better if ratios else None)
    if goal.at_most is not None:
        yield f"{goal.at_most:g} {line.row.unit}", no_more(own.value, goal.at_most)
    if goal.cpu_ms is not None:
        yield f"CPU {goal.cpu_ms:g} ms", no_more(own.cpu_ms, goal.cpu_ms)
    if goal.cpu_share is not None:
        spent = [cpu_ms for name in references if (cpu_ms := line.cells[name].cpu_ms)]
        yield f"CPU {goal.cpu_share:g} x", no_more(own.cpu_ms, goal.cpu_share * min(spent)) if spent else None


def no_more(value: float | None, limit: float) -> bool | None:
    return None if value is None else value <= limit

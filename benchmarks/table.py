"""The table: a line for each row, a column for each server, how much better the first one is, targets, and the CPU."""

from collections.abc import Iterator, Sequence

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from benchmarks.comparison import Cell, Line
from benchmarks.floor import SAVERS
from benchmarks.verdict import verdict

WIDE = 320
MISSING = "-"


def print_table(lines: Sequence[Line], names: Sequence[str]) -> None:
    table = Table("row", "unit", *headings(names), box=MARKDOWN)
    for line in lines:
        table.add_row(line.row.name, line.row.unit, *cells(line, names))
    console = Console(width=WIDE, highlight=False)
    console.print(table)
    for line in lines:
        for name, cell in line.cells.items():
            if cell.failure:
                console.print(f"{line.row.name}, {name}: {cell.failure}", markup=False)


def print_line(line: Line) -> None:
    """What is known so far, while the rest is being measured."""
    found = ", ".join(f"{name} {value(cell)}" for name, cell in line.cells.items())
    print(f"{line.row.name} [{line.row.unit}]: {found}", flush=True)


def headings(names: Sequence[str]) -> Iterator[str]:
    first, *others = names
    yield first
    for name in others:
        yield name
        yield f"{first} is better"
    yield "target"
    yield from (f"CPU ms/op, {name}" for name in names)
    yield "floor"


def cells(line: Line, names: Sequence[str]) -> Iterator[str]:
    first, *others = names
    yield value(line.cells[first])
    for name in others:
        ratio = line.ratio(first, name)
        yield value(line.cells[name])
        yield f"{ratio:.2f} x" if ratio else MISSING
    yield verdict(line, first)
    yield from (number(line.cells[name].cpu_ms) for name in names)
    yield below(line)


def below(line: Line) -> str:
    """CPU in milliseconds of the graph alone; where it is saved, with each saver."""
    if not line.floors:
        return MISSING
    savers = [saver for saver in SAVERS if (saver != "none") == line.row.is_saved]
    return ", ".join(number(line.floor(saver)) for saver in savers)


def value(cell: Cell) -> str:
    return "failed" if cell.failure else number(cell.value)


def number(value: float | None) -> str:
    if value is None:
        return MISSING
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

"""The JSON record of a comparison: every repetition, with the machine and the versions."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import orjson

from benchmarks.comparison import Cell, Line


def write_record(path: Path, lines: Sequence[Line], **facts: object) -> None:
    record = {**facts, "rows": [line_record(line) for line in lines]}
    path.write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def line_record(line: Line) -> dict[str, object]:
    cells = {name: cell_record(cell) for name, cell in line.cells.items()}
    goal = {name: value for name, value in asdict(line.row.goal).items() if value is not None}
    known: dict[str, object] = {"row": line.row.name, "unit": line.row.unit, "target": goal, "servers": cells}
    return {**known, "floor_cpu_ms": line.floors} if line.floors else known


def cell_record(cell: Cell) -> dict[str, object]:
    return {
        "value": cell.value,
        "cpu_ms_per_operation": cell.cpu_ms,
        "failure": cell.failure,
        "generator_cores": round(cell.generator_cores, 2),
        "repetitions": [asdict(figure) for figure in cell.figures],
    }

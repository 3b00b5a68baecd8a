"""What the server's processes hold in memory after all that was measured before."""

from benchmarks.errors import Failure
from benchmarks.measuring import Figure, Row, Target


async def memory(target: Target) -> Figure:
    if not target.processes.roots:
        raise Failure("no process is known: give --pid")
    return Figure(target.processes.memory_mb())


async def processes(target: Target) -> Figure:
    return Figure(float(len(list(target.processes))))


ROWS = (
    Row("memory at the end", "MB", memory, most_repetitions=1),
    Row("processes, those of the database included", "processes", processes, most_repetitions=1),
)

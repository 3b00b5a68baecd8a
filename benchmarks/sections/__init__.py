"""The rows of the table, by section, in the order in which they are measured."""

from benchmarks.measuring import Row
from benchmarks.sections import burst, crud, isolation, memory, sleepy, steps, streams, wait

#: Threads are read and found first, while all servers hold the same number of them.
SECTIONS: dict[str, tuple[Row, ...]] = {
    "crud": crud.ROWS,
    "wait": wait.ROWS,
    "streams": streams.ROWS,
    "burst": burst.ROWS,
    "sleepy": sleepy.ROWS,
    "steps": steps.ROWS,
    "isolation": isolation.ROWS,
    "memory": memory.ROWS,
}

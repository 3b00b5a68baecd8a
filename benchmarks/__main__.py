"""`python -m benchmarks`: start the servers, measure the rows in alternation, print the table."""

import resource
from contextlib import ExitStack

import uvloop

from benchmarks.comparison import Line, compare
from benchmarks.contenders import OURS, Contenders, started
from benchmarks.floor import Floor, floor
from benchmarks.machine import machine, our_versions, reference_versions
from benchmarks.options import Options, options
from benchmarks.record import write_record
from benchmarks.reference import TUNINGS, reference_python
from benchmarks.sections import SECTIONS
from benchmarks.table import print_line, print_table
from benchmarks.warmth import warm_up


def main() -> None:
    chosen = options()
    allow_many_connections()
    facts = machine()
    with ExitStack() as stack:
        contenders = started(chosen, stack)
        below = stack.enter_context(floor(chosen.seconds / 3)) if OURS in contenders.targets else None
        lines = uvloop.run(measure(chosen, contenders, below))
    print_table(lines, contenders.names)
    if chosen.json:
        write_record(chosen.json, lines, machine=facts, versions=versions(chosen), settings=settings(chosen))


async def measure(chosen: Options, contenders: Contenders, below: Floor | None) -> list[Line]:
    lines = []
    for target in contenders.targets.values():
        await warm_up(target)
    for row in (row for section in chosen.sections for row in SECTIONS[section]):
        lines.append(await compare(row, contenders, below, chosen.reps))
        print_line(lines[-1])
    return lines


def allow_many_connections() -> None:
    """For the servers too, which inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def versions(chosen: Options) -> dict[str, object]:
    found: dict[str, object] = {"ours": our_versions()}
    if TUNINGS.keys() & set(chosen.against):
        found["reference"] = reference_versions(reference_python(chosen.reference_python))
    return found


def settings(chosen: Options) -> dict[str, object]:
    return {"sections": chosen.sections, "repetitions": chosen.reps, "seconds": chosen.seconds}


if __name__ == "__main__":
    main()

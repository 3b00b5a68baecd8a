"""`make chaos`: the rounds at full numbers, with their progress, and a report."""

import asyncio
import secrets
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.rounds import report
from tests.rounds.ground import Ground, prepared
from tests.rounds.programme import ROUNDS, Round
from tests.rounds.report import Played
from tests.rounds.verdict import Findings


class Options(Namespace):
    seed: int
    rounds: list[str]
    small: bool
    report: Path


def options() -> Options:
    parser = ArgumentParser(prog="python -m tests.rounds", description="Break everything, and see what holds.")
    add = parser.add_argument
    add("rounds", nargs="*", metavar="ROUND", help="all of them, unless some are named: " + ", ".join(names()))
    add("--seed", type=int, default=secrets.randbelow(10**6), help="of the faults; printed, to be given again")
    add("--small", action="store_true", help="the numbers of `make test`")
    add("--report", type=Path, default=Path("chaos-report.md"), help="(%(default)s)")
    chosen = parser.parse_args(namespace=Options())
    if unknown := set(chosen.rounds) - set(names()):
        parser.error(f"no such round: {', '.join(sorted(unknown))}")
    return chosen


def names() -> list[str]:
    return [each.name for each in ROUNDS]


def main() -> int:
    chosen = options()
    console = Console()
    console.print(f"seed {chosen.seed}")
    wanted = [
        each
        for each in ROUNDS
        if each.name in chosen.rounds or not (chosen.rounds or (chosen.small and not each.small))
    ]
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    played: list[Played] = []
    with Progress(*columns, console=console) as progress:
        for each in wanted:
            task = progress.add_task(each.name)

            def show(done: int, total: int, task: object = task) -> None:
                progress.update(task, completed=done, total=total)  # type: ignore[arg-type]  # a TaskID

            with prepared(seed=chosen.seed, progress=show) as ground:
                played.append(fight(each, ground, small=chosen.small))
            console.print_json(orjson.dumps(told(played[-1]), default=str, option=orjson.OPT_NON_STR_KEYS).decode())
            chosen.report.write_text(report.markdown(played, seed=chosen.seed))
    console.print(f"report: {chosen.report}")
    return 1 if any(one.findings.breaches for one in played) else 0


def fight(each: Round, ground: Ground, *, small: bool) -> Played:
    numbers = (each.small if small else each.full) or each.full
    began = time.monotonic()
    try:
        findings = asyncio.run(each.fight(ground, numbers))
    except (AssertionError, TimeoutError) as error:
        findings = Findings(breaches={"the round could not be fought to its end": str(error)})
    if findings.breaches:
        Path("chaos-logs.txt").write_text(ground.server.logs())
    return Played(each.name, each.promise, numbers, time.monotonic() - began, findings)


def told(one: Played) -> dict[str, object]:
    return {one.name: one.findings.figures, "seconds": round(one.seconds), "broken": one.findings.breaches}


if __name__ == "__main__":
    sys.exit(main())

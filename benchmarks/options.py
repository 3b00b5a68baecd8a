"""The command line of the benchmarks."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Collection
from pathlib import Path

from benchmarks.reference import TUNINGS
from benchmarks.sections import SECTIONS

AEGRA = "aegra"
PEERS = (*TUNINGS, AEGRA)


class Options(Namespace):
    sections: list[str]
    against: list[str]
    reps: int
    seconds: float
    json: Path | None
    url: str | None
    pid: list[int]
    skip_ours: bool
    port: int
    reference_python: Path | None


def options(arguments: list[str] | None = None) -> Options:
    parser = ArgumentParser(prog="python -m benchmarks", description="Measure this server and the reference.")
    add_what(parser)
    add_whom(parser)
    return parser.parse_args(arguments, namespace=Options())


def add_what(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--sections", type=names_among(SECTIONS), default=list(SECTIONS), help=",".join(SECTIONS))
    add("--reps", type=int, default=3, help="repetitions of each row, in alternation")
    add("--seconds", type=float, default=3.0, help="length of a repetition, where it is a loop")
    add("--json", type=Path, help="write every repetition to this file")


def add_whom(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--against", type=names_among(PEERS), default=list(TUNINGS), help=",".join(PEERS) + " or none")
    add("--url", help="measure the server that runs there, instead of starting ours")
    add("--pid", type=int, action="append", default=[], help="a root process of that server (repeatable)")
    add("--skip-ours", action="store_true", help="measure the reference alone")
    add("--port", type=int, default=2190, help="the first of the ports to start servers on")
    add("--reference-python", type=Path, help="an interpreter that has the reference server already")


def names_among(known: Collection[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = [] if text == "none" else text.split(",")
        if unknown := set(names) - set(known):
            raise ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
        return names

    return parse

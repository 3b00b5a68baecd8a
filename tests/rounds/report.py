"""The report of a whole programme: what was promised, what was found."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import cpu_count
from typing import Any

from tests.rounds.ground import TIMES
from tests.rounds.verdict import Findings


@dataclass(frozen=True)
class Played:
    name: str
    promise: str
    numbers: Mapping[str, Any]
    seconds: float
    findings: Findings


def markdown(played: Sequence[Played], *, seed: int) -> str:
    lines = [
        "# Fault rounds",
        "",
        f"Seed {seed}; {cpu_count()} processors; Python {platform.python_version()}. Not as in production:",
        "",
        *(f"- `{name}={value}`" for name, value in TIMES.items()),
        "",
        "| round | seconds | verdict |",
        "|---|---|---|",
        *(f"| {one.name} | {one.seconds:.0f} | {'broken' if one.findings.breaches else 'held'} |" for one in played),
    ]
    for one in played:
        lines += ["", f"## {one.name}", "", one.promise, "", "| | |", "|---|---|"]
        lines += [f"| {name} | {shown(value)} |" for name, value in {**one.numbers, **one.findings.figures}.items()]
        lines += [f"\n**Broken: {sentence}**: `{found}`" for sentence, found in one.findings.breaches.items()]
    return "\n".join(lines) + "\n"


def shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {shown(each)}" for name, each in value.items())
    return str(value)

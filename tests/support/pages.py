"""The blocks of a page: what stands between fences, and what is set in by four."""

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.support.documented import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "deploy/README.md", "benchmarks/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
FENCED = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
PROGRAMS = (
    "langgraph-server|langgraph|make|pip|python3?|pytest|docker|helm|systemctl|pg_dump|pg_restore|createdb|curl|npm|npx"
)
SHELL = re.compile(rf"^([A-Z_]+=\S+ ?)+$|^([A-Z_]+=(\S|\$\(.*?\))+ )*(\S*/)?({PROGRAMS})( |$)")


@dataclass(frozen=True, slots=True)
class Block:
    page: str
    line: int
    #: `shell` also of what is set in and begins with a program; empty of what else is set in.
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    name = str(page.relative_to(ROOT))
    fenced = [
        Block(name, text.count("\n", 0, found.start()) + 1, found["language"], textwrap.dedent(found["text"]))
        for found in FENCED.finditer(text)
    ]
    rest = FENCED.sub(lambda found: "\n" * found[0].count("\n"), text)
    return sorted([*fenced, *set_in(name, rest)], key=lambda block: block.line)


def set_in(name: str, text: str) -> Iterator[Block]:
    numbered = enumerate(text.split("\n"), 1)
    for inside, lines in groupby(numbered, key=lambda line: line[1].startswith("    ")):
        if inside:
            found = list(lines)
            code = textwrap.dedent("".join(f"{line}\n" for _, line in found))
            yield Block(name, found[0][0], "shell" if SHELL.match(code.partition("\n")[0]) else "", code)


def commands(block: Block) -> list[str]:
    """Of a shell block; what a backslash or an open quotation mark continues is one."""
    found = [""]
    for line in block.text.splitlines(keepends=True):
        found[-1] += line
        if is_whole(found[-1]):
            found.append("")
    return [command.strip() for command in found if command.strip() and not command.startswith("#")]


def is_whole(command: str) -> bool:
    if command.endswith("\\\n"):
        return False
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return True

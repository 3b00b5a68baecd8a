"""Where two servers' answers to the same script part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.differential.observing import Observation

ABSENT = "(absent)"


@dataclass(frozen=True)
class Difference:
    script: str
    name: str
    call: str
    #: Into the answer: `body.tasks[0].checkpoint`.
    path: str
    theirs: Any
    ours: Any


def compare(script: str, theirs: Sequence[Observation], ours: Sequence[Observation]) -> Iterator[Difference]:
    for one, other in zip(theirs, ours, strict=True):
        for path, left, right in parted(one.answer, other.answer):
            yield Difference(script, one.name, one.call, path, left, right)


def parted(theirs: Any, ours: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in [*theirs, *(key for key in ours if key not in theirs)]:
            yield from parted(theirs.get(key, ABSENT), ours.get(key, ABSENT), f"{path}.{key}".lstrip("."))
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for place, (left, right) in enumerate(zip(theirs, ours, strict=True)):
            yield from parted(left, right, f"{path}[{place}]")
    elif theirs != ours:
        yield path, theirs, ours

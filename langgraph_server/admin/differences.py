"""Where two JSON documents differ, path by path. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class Missing:
    """Other than null: the document has nothing there."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Difference:
    #: As one would write it in Python or JavaScript: `config.tags[0]`. Empty: the documents as wholes.
    path: str
    before: Any
    after: Any

    @property
    def kind(self) -> str:
        if self.before is MISSING:
            return "added"
        return "removed" if self.after is MISSING else "changed"


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Objects key by key in the order of their keys, lists place by place. True is not 1, but 1 is 1.0."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            inner = f"{path}.{key}" if path else key
            yield from differences(before.get(key, MISSING), after.get(key, MISSING), inner)
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            yield from differences(at(before, place), at(after, place), f"{path}[{place}]")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield Difference(path, before, after)


def at(items: list[Any], place: int) -> Any:
    return items[place] if place < len(items) else MISSING

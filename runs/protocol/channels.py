"""What a follower asked for: channels, and namespaces with a depth below them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

CHANNELS = ("values", "updates", "messages", "tools", "custom", "lifecycle", "input", "tasks", "checkpoints")
NAMED = re.compile(r"custom:.+")

Namespace = tuple[str, ...]


def unsupported(channels: Sequence[Any]) -> list[Any]:
    return [name for name in channels if not isinstance(name, str) or not is_channel(name)]


def is_channel(name: str) -> bool:
    return name in CHANNELS or NAMED.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Filter:
    channels: frozenset[str]
    #: Prefixes; none: everything.
    namespaces: tuple[Namespace, ...] = ()
    depth: int | None = None
    #: Only what is numbered higher.
    since: int = 0

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """Whose channels were checked; whatever else is wrongly typed counts as not said."""
        return cls(
            frozenset(asked["channels"]),
            tuple(tuple(prefix) for prefix in prefixes(asked.get("namespaces"))),
            whole(asked.get("depth")),
            whole(asked.get("since")) or 0,
        )

    def passes(self, seq: int, channel: str, namespace: Namespace) -> bool:
        is_wanted = channel in self.channels or (channel.startswith("custom:") and "custom" in self.channels)
        return is_wanted and seq > self.since and self.covers(namespace)

    def covers(self, namespace: Namespace) -> bool:
        return not self.namespaces or any(
            starts_with(namespace, prefix) and (self.depth is None or len(namespace) - len(prefix) <= self.depth)
            for prefix in self.namespaces
        )


def starts_with(namespace: Namespace, prefix: Namespace) -> bool:
    """A segment of the prefix may leave out the task: `child` stands for every `child:<task id>`."""
    if len(prefix) > len(namespace):
        return False
    pairs = zip(prefix, namespace, strict=False)
    return all(wanted == found or (":" not in wanted and found.split(":")[0] == wanted) for wanted, found in pairs)


def prefixes(value: Any) -> list[list[str]]:
    lists = isinstance(value, list) and all(isinstance(prefix, list) for prefix in value)
    if not lists or not all(isinstance(segment, str) for prefix in value for segment in prefix):
        return []
    return list(value)


def whole(value: Any) -> int | None:
    return value if is_whole(value) and value >= 0 else None


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)

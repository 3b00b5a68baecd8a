"""Server-sent events as bytes: read so strictly that any deviation from the contract's framing is an error."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

HEARTBEAT = b": heartbeat\r\n\r\n"
FRAME = re.compile(rb"event: ([^\r\n]+)\r\ndata: ([^\r\n]*)\r\n(?:id: ([^\r\n]+)\r\n)?\r\n")


@dataclass(frozen=True)
class Frame:
    event: str
    data: Any
    id: str | None


def frames(body: bytes, *, heartbeats: bool = True) -> list[Frame]:
    """All of the body must be frames: `event`, `data`, perhaps `id`, in CRLF lines; or heartbeats, where allowed."""
    found: list[Frame] = []
    place = 0
    while place < len(body):
        if heartbeats and body.startswith(HEARTBEAT, place):
            place += len(HEARTBEAT)
            continue
        match = FRAME.match(body, place)
        assert match is not None, f"no frame at {place}: {body[place : place + 200]!r}"
        event, data, event_id = match.groups()
        found.append(Frame(event.decode(), orjson.loads(data), event_id.decode() if event_id else None))
        place = match.end()
    return found


def whole_frames(body: bytes) -> list[Frame]:
    """Of a body that was cut anywhere."""
    return frames(body[: body.rfind(b"\r\n\r\n") + 4]) if b"\r\n\r\n" in body else []


def names(found: Sequence[Frame]) -> list[str]:
    return [frame.event for frame in found]

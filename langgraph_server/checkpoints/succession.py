"""Checkpoints of a thread follow each other by their ids, which hold the time of the clock that made them.

Where a worker takes over from one whose clock is ahead, its own would sort before those that it follows, and the next
reader would take an old checkpoint for the latest. So no process gives an id below those it has read.
"""

import time
from typing import Any

from langgraph.checkpoint.base import id as library

#: The library keeps the time of its last id in a variable of this module.
ids: Any = library

#: Of the ids' clock, which counts 100 ns from 1582 on.
SECOND = 10**7
EPOCH = 0x01B21DD213814000
#: Seconds; a clock that is further ahead is none.
FURTHEST = 86_400


def follow(checkpoint_id: str) -> None:
    """Read: the ids that the library gives from now on in this process are above it."""
    try:
        read = ids.UUID(checkpoint_id)
    except ValueError:
        return
    if read.version == 6 and read.time < EPOCH + (time.time_ns() // 100) + FURTHEST * SECOND:
        ids._last_v6_timestamp = max(read.time, ids._last_v6_timestamp or 0)

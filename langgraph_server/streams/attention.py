"""What a worker has heard of followers: a run that none of them follows streams nothing but its end.

A worker that has not listened for long takes every run for a followed one.
"""

import math
import time
from collections.abc import Iterable
from uuid import UUID

from langgraph_server.streams.audience import AGAIN

#: Seconds by which everybody has told everything that is followed.
NEW = 1.5 * AGAIN
#: Seconds after which what is told no more is forgotten.
KEPT = 3 * AGAIN


class Attention:
    def __init__(self) -> None:
        self.listens_from = math.inf
        self.heard: dict[UUID, float] = {}
        self.tidied = 0.0

    def began(self) -> None:
        self.listens_from = time.monotonic()

    def hear(self, named: Iterable[UUID]) -> None:
        now = time.monotonic()
        self.heard.update(dict.fromkeys(named, now))
        if now - self.tidied > KEPT:
            self.tidied = now
            self.heard = {each: heard for each, heard in self.heard.items() if heard > now - KEPT}

    def is_on(self, *named: UUID) -> bool:
        now = time.monotonic()
        is_new = self.listens_from > now - NEW
        return is_new or any(self.heard.get(each, -math.inf) > now - KEPT for each in named)

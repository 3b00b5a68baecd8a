"""What a run that nobody follows has told: for its end no more is needed than its last values and its interrupts."""

import time
from collections import deque

from langgraph_server.streams.events import INTERRUPT, SPARED, VALUES

#: Seconds for which everything is kept: somebody may follow already of whom this worker has not heard yet.
RECENT = 0.1
#: Bytes of that.
MOST = 2**20


class Quiet:
    def __init__(self) -> None:
        self.recent: deque[tuple[float, str, bytes]] = deque()
        self.weight = 0
        self.spared: list[bytes] = []

    def tell(self, event: str, data: bytes) -> None:
        now = time.monotonic()
        self.recent.append((now, event, data))
        self.weight += len(data)
        while self.recent and (self.recent[0][0] < now - RECENT or self.weight > MOST):
            self.forget_oldest()

    def forget_oldest(self) -> None:
        _, event, data = self.recent.popleft()
        self.weight -= len(data)
        if event != VALUES:
            return
        if self.spared and INTERRUPT not in self.spared[-1]:
            self.spared.pop()
        self.spared.append(data)

    def left(self) -> list[tuple[str, bytes]]:
        """Under a name of its own what only the end needs."""
        return [
            *((SPARED, data) for data in self.spared),
            *((event, data) for _, event, data in self.recent),
        ]

"""Writes down for operators what a worker's runs went through, beside them: it may lose some, and never keeps a run.

Many runs, one statement: timelines of attempts each second, minutes of graphs every five.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import ParamSpec

from langgraph_server.errors import Unavailable
from langgraph_server.rows import Rows
from runs import minutes, recording, timelines
from runs.execution import measures
from runs.execution.recollection import Recollection
from runs.lease import Lease
from runs.paces import Pace
from runs.timelines import Part

logger = logging.getLogger(__name__)

P = ParamSpec("P")

SECOND = 1.0
#: Seconds between two looks at the attempts that last, and between two writings of the minutes.
LASTING = 5
MINUTES = 5
#: Parts of one statement; and those that may wait, the oldest are lost beyond it.
BATCH = 200
MOST = 5_000


class Recorder:
    def __init__(self) -> None:
        self.rows = Rows(threads=1, name="recorder")
        self.parts: deque[Part] = deque(maxlen=MOST)
        self.lasting: set[Recollection] = set()
        self.paces: defaultdict[str, Pace] = defaultdict(Pace)

    def claimed(self, lease: Lease) -> None:
        measures.claimed(lease.graph_id, lease.waited)
        if recording.attempts():
            self.paces[lease.graph_id].waits.count(lease.waited)

    def settled(self, lease: Lease, outcome: str, seconds: float) -> None:
        measures.ended(lease.graph_id, outcome, seconds)
        if recording.attempts():
            self.paces[lease.graph_id].spans.count(seconds)

    @contextmanager
    def opened(self, lease: Lease) -> Iterator[Recollection | None]:
        """None: nobody wants to know."""
        if not recording.tasks():
            yield None
            return
        recollection = Recollection(lease)
        self.lasting.add(recollection)
        try:
            yield recollection
        finally:
            self.lasting.discard(recollection)
            self.take(recollection)

    def take(self, recollection: Recollection) -> None:
        if part := recollection.part():
            self.parts.append(part)

    async def run(self) -> None:
        for seconds in count(1):
            await asyncio.sleep(SECOND)
            if seconds % LASTING == 0:
                for recollection in self.lasting:
                    self.take(recollection)
            await self.keep_parts()
            if seconds % MINUTES == 0:
                await self.add_minutes()

    async def finish(self) -> None:
        await self.keep_parts()
        await self.add_minutes()
        self.rows.close()

    async def keep_parts(self) -> None:
        while self.parts:
            batch = [self.parts.popleft() for _ in range(min(BATCH, len(self.parts)))]
            await self.write(timelines.keep, batch)

    async def add_minutes(self) -> None:
        if self.paces:
            paces, self.paces = self.paces, defaultdict(Pace)
            await self.write(minutes.add, paces)

    async def write(self, function: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await self.rows.call(function, *args, **kwargs)
        except Unavailable as error:
            logger.warning("records were lost", extra={"error": str(error.__cause__)})

"""What a run has yet to write while it goes on: gathered for a moment, then committed in order, together.

The engine hands over a run's next checkpoint once the last one was taken. If that meant COMMIT, a run of many steps
would make as many commits, one after the other, and wait for the last of them long after its last step.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from langgraph_server.checkpoints.statements import Statement

Commit: TypeAlias = Callable[[Sequence[Statement]], Awaitable[None]]
#: Seconds in which writes gather while nobody waits for them: what a crash takes with it is so much older.
GATHER = 0.015
#: Statements of one commit.
MOST = 64


class Trail:
    """Nothing is written after what failed: a checkpoint is worth nothing without those before it."""

    def __init__(self, commit: Commit) -> None:
        self.commit = commit
        self.waiting: list[Statement] = []
        #: Statements that were ever added, and those of them that are committed.
        self.added = self.kept = 0
        self.timer: asyncio.TimerHandle | None = None
        self.writing: asyncio.Task[None] | None = None
        self.error: Exception | None = None

    def add(self, statements: Sequence[Statement]) -> None:
        """Raises what became of an earlier one."""
        if self.error:
            raise self.error
        self.waiting.extend(statements)
        self.added += len(statements)
        self.arm()

    def arm(self) -> None:
        if self.waiting and not self.timer and not self.writing:
            self.timer = asyncio.get_running_loop().call_later(GATHER, self.depart)

    def disarm(self) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer = None

    def depart(self) -> asyncio.Task[None]:
        """What waits, unless something is under way."""
        self.disarm()
        if self.writing is None:
            self.writing = asyncio.create_task(self.write(), name="trail")
        return self.writing

    async def write(self) -> None:
        taken, self.waiting = self.waiting[:MOST], self.waiting[MOST:]
        try:
            await self.commit(taken)
            self.kept += len(taken)
        except Exception as error:  # noqa: BLE001 - it belongs to the run, which asks for it
            self.error, self.waiting = error, []
        self.writing = None
        self.arm()

    async def rest(self) -> Sequence[Statement]:
        """What has not departed yet: it is the caller's now, to commit. Raises as `add` does."""
        while self.writing:
            await asyncio.wait({self.writing})
        if self.error:
            raise self.error
        self.disarm()
        taken, self.waiting = self.waiting, []
        self.kept += len(taken)
        return taken

    async def written(self) -> None:
        """Once all is committed that was added until now. Raises as `add` does.

        Whoever is cancelled meanwhile gives way only then: what is looked at next must not change any more.
        """
        added, cancelled = self.added, None
        while self.kept < added and self.error is None:
            try:
                await asyncio.wait({self.depart()})
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled:
            raise cancelled
        if self.error:
            raise self.error

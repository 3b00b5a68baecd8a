"""Keep processes running: start, start again after a growing pause, reload when told, end in order."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby

from langgraph_server import orphans

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0

#: `-P`: a folder `runs` or `store` in the present directory must not hide ours.
COMMAND = (sys.executable, "-P", "-m", "langgraph_server")


@dataclass(frozen=True, kw_only=True)
class Program:
    name: str
    command: Sequence[str]
    #: Asked at each start, so that an edited .env counts.
    environment: Callable[[], Mapping[str, str]] = lambda: os.environ
    files: Sequence[int] = ()
    #: Seconds that a start waits, so that the processes asked for first have the processors for themselves.
    delay: float = 0
    #: Seconds from the request to end until the end is forced.
    grace: float = 10
    reloads: bool = False


class Keeper:
    """Keeps one program running until it is told to end."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: asyncio.subprocess.Process | None = None
        self.ending = False
        self.hurry = asyncio.Event()

    async def keep(self) -> None:
        pause, wait = FIRST_PAUSE, self.program.delay
        while await self.rest(wait):
            lived = await self.live()
            if self.hurry.is_set():
                self.hurry.clear()
                pause, wait = FIRST_PAUSE, self.program.delay
                continue
            wait = FIRST_PAUSE if lived > LONGEST_PAUSE else pause
            pause = min(wait * 2, LONGEST_PAUSE)
            facts = {"program": self.program.name, "status": self.process and self.process.returncode}
            logger.warning("a process ended by itself and is started again", extra={**facts, "pause": wait})

    async def rest(self, seconds: float) -> bool:
        """Until there is a hurry, at most. Returns whether to go on."""
        if not self.ending:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.hurry.wait()
            self.hurry.clear()
        return not self.ending

    async def live(self) -> float:
        """One life of the process, in seconds."""
        born = asyncio.get_running_loop().time()
        self.process = await start(self.program)
        if self.ending:
            await self.end()
        await self.process.wait()
        return asyncio.get_running_loop().time() - born

    async def reload(self) -> None:
        self.hurry.set()
        await self.end()

    def give_up(self) -> None:
        self.ending = True
        self.hurry.set()

    async def end(self) -> None:
        if self.process is None:
            return
        try:
            async with asyncio.timeout(self.program.grace):
                self.send(signal.SIGTERM)
                await self.process.wait()
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self.process.wait()

    def send(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)


async def supervise(programs: Sequence[Program], *, changes: AsyncIterator[object] | None = None) -> None:
    """Until a signal comes; then they end in the order given, those of one name together.

    A second signal ends all at once.
    """
    keepers = [Keeper(program) for program in programs]
    told = end_on_signal(keepers)
    try:
        async with asyncio.TaskGroup() as group:
            for keeper in keepers:
                group.create_task(keeper.keep(), name=keeper.program.name)
            reloading = group.create_task(reload(keepers, changes), name="reload")
            await told.wait()
            reloading.cancel()
            for _, together in groupby(keepers, key=lambda keeper: keeper.program.name):
                await asyncio.gather(*(keeper.end() for keeper in together))
    finally:
        for keeper in keepers:
            keeper.send(signal.SIGKILL)


def end_on_signal(keepers: Sequence[Keeper]) -> asyncio.Event:
    told = asyncio.Event()

    def tell() -> None:
        if told.is_set():
            for keeper in keepers:
                keeper.send(signal.SIGKILL)
        for keeper in keepers:
            keeper.give_up()
        told.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, tell)
    return told


async def reload(keepers: Sequence[Keeper], changes: AsyncIterator[object] | None) -> None:
    if changes is None:
        return
    async for change in changes:
        logger.info("the application changed and is loaded again", extra={"change": change})
        await asyncio.gather(*(keeper.reload() for keeper in keepers if keeper.program.reloads))


async def start(program: Program) -> asyncio.subprocess.Process:
    # A session of its own: Ctrl-C reaches the supervisor alone, which ends the others in order.
    return await asyncio.create_subprocess_exec(
        *program.command,
        env={**program.environment(), orphans.VARIABLE: str(os.getpid())},
        stdin=asyncio.subprocess.DEVNULL,
        pass_fds=program.files,
        start_new_session=True,
    )

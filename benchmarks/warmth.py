"""Some runs before the first figure, so that imports, pools and caches are paid for."""

from contextlib import suppress

from benchmarks.errors import FAILURES
from benchmarks.measuring import Target
from benchmarks.sections.streams import chat
from benchmarks.sections.wait import thread_wait, wait

ROUNDS = 5


async def warm_up(target: Target) -> None:
    """A server that fails here fails in the rows too, and is reported there."""
    with suppress(*FAILURES):
        for number in range(ROUNDS):
            await wait(target, number)
            await thread_wait(target, number)
            await chat(target, tokens=5)

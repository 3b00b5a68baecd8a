"""Tasks that end before what they use is closed."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

#: Seconds until a task that goes on is told again.
AGAIN = 0.2


@asynccontextmanager
async def background(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(work, name=name)
    try:
        yield task
    finally:
        await end(task)


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel, and wait. Told again and again: foreign code may swallow a cancellation, as Redis's client does."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=AGAIN)

"""The loop on which the application's own handlers live, and the way to it from Django's threads and other loops.

Always the process's one loop: what its handlers cache, clients and pools, belongs to it.
"""

import asyncio
import threading
from collections.abc import Awaitable, Coroutine
from functools import cache
from typing import Any, TypeVar

from langgraph_server.errors import Unavailable

R = TypeVar("R")

#: Seconds that a thread waits for a handler.
PATIENCE = 60.0
HOME: list[asyncio.AbstractEventLoop] = []


def settle(loop: asyncio.AbstractEventLoop) -> None:
    """The process's loop runs, and is this."""
    HOME[:] = [loop]


def wait(work: Coroutine[Any, Any, R]) -> R:
    """Called on a thread."""
    future = asyncio.run_coroutine_threadsafe(work, HOME[0] if HOME else own_loop())
    try:
        return future.result(PATIENCE)
    except TimeoutError:
        future.cancel()
        raise Unavailable from None


async def at_home(work: Awaitable[R]) -> R:
    """Called on any loop."""
    home = HOME[0] if HOME else own_loop()
    if asyncio.get_running_loop() is home:
        return await work
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(awaited(work), home))


async def awaited(work: Awaitable[R]) -> R:
    return await work


@cache
def own_loop() -> asyncio.AbstractEventLoop:
    """Of a project that serves us over WSGI, and so has none."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="auth", daemon=True).start()
    return loop

"""The way from a loop to the rows: synchronous functions on a few threads that keep their database connections.

Trouble of our own database leaves here as `Unavailable`, whatever raised it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections

from langgraph_server.errors import Unavailable

P = ParamSpec("P")
R = TypeVar("R")


class Rows:
    def __init__(self, *, threads: int, name: str) -> None:
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.pool, lambda: reach(function, *args, **kwargs))

    def close(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)


def reach(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call it on this thread; a connection that broke is replaced before the next call."""
    try:
        return function(*args, **kwargs)
    except (OperationalError, InterfaceError) as error:
        raise Unavailable from error
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()

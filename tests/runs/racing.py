"""Let functions start at the same instant, each with a database connection of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connection, connections

P = ParamSpec("P")
R = TypeVar("R")


def race(*contenders: Callable[[], R]) -> list[R]:
    """What each returned, in the order given; the first exception is raised."""
    barrier = threading.Barrier(len(contenders))

    def run(contender: Callable[[], R]) -> R:
        connection.ensure_connection()
        barrier.wait()
        return contender()

    with ThreadPoolExecutor(len(contenders)) as pool:
        return list(pool.map(apart(run), contenders))


def apart(function: Callable[P, R]) -> Callable[P, R]:
    """The same function for a thread that ends: it takes its connection with it."""

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return run

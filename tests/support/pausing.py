"""Stop one of two transactions after each of its statements, and see what the other one can do meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection

from tests.runs.racing import apart

#: Seconds in which every move ends once nothing holds it; a deadlock is found by Postgres after one.
PATIENCE = 10.0
WAITS = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"

Move = Callable[[], Any]


class Pause:
    """Of the thread that enters it: before its statement number `at`, from 0."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.reached = threading.Event()
        self.over = threading.Event()

    @contextmanager
    def within(self) -> Iterator[None]:
        with connection.execute_wrapper(self.count):
            yield

    def count(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        self.at -= 1
        if self.at == -1:
            self.reached.set()
            assert self.over.wait(PATIENCE)
        return execute(sql, params, many, context)


def interleavings(moves: Callable[[], tuple[Move, Move]]) -> Iterator[tuple[Any, Any]]:
    """What both returned, with each of them stopped before each of its statements in turn, and at last not at all.

    `moves` makes them anew each time, with the rows that they are about.
    """
    for stopped_one in (0, 1):
        at, stopped = 0, True
        while stopped:
            pair = moves()
            stopped, mine, theirs = interleave(pair[stopped_one], pair[1 - stopped_one], Pause(at))
            yield (mine, theirs) if stopped_one == 0 else (theirs, mine)
            at += 1


def interleave(first: Move, second: Move, pause: Pause) -> tuple[bool, Any, Any]:
    """The second has its turn while the first stands, until it is through or waits for what the first holds."""
    with ThreadPoolExecutor(2) as pool:
        try:
            ahead = pool.submit(apart(lambda: under(pause, first)))
            stopped = until(lambda: pause.reached.is_set() or ahead.done()) and pause.reached.is_set()
            behind = pool.submit(apart(second))
            until(lambda: behind.done() or waiting() > 0)
        finally:
            pause.over.set()
        return stopped, ahead.result(PATIENCE), behind.result(PATIENCE)


def under(pause: Pause, move: Move) -> Any:
    connection.ensure_connection()
    with pause.within():
        return move()


def waiting() -> int:
    """How many connections wait for a lock of Postgres."""
    with connection.cursor() as cursor:
        cursor.execute(WAITS)
        return int((cursor.fetchone() or (0,))[0])


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return True

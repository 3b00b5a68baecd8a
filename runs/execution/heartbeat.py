"""Renews the leases of the process from a thread and a connection of its own: a blocked loop must not lose them."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from langgraph_server.errors import Unavailable
from langgraph_server.rows import reach
from runs import lease as leases
from runs.lease import Wish

logger = logging.getLogger(__name__)

Held = list[tuple[UUID, int]]


class Heartbeat:
    """Told what is held, it tells what was lost and what somebody wants to end, and lets the worker say that it is
    there. All are called on its thread.
    """

    def __init__(
        self,
        *,
        lease: timedelta,
        held: Callable[[], Held],
        lost: Callable[[Held], None],
        wished: Callable[[dict[UUID, Wish]], None],
        died: Callable[[str], None],
        tell: Callable[[], None],
    ) -> None:
        self.lease = lease
        self.held = held
        self.lost = lost
        self.wished = wished
        self.died = died
        self.tell = tell
        self.renewed = time.monotonic()
        self.stopping = threading.Event()
        self.sooner = threading.Event()
        self.thread = threading.Thread(target=self.host, name="heartbeat", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.sooner.set()
        self.thread.join(timeout=5)

    def look(self) -> None:
        """Renew now: somebody has put a wish on a row."""
        self.sooner.set()

    def is_late(self, asked: float) -> bool:
        """A lease of that moment, or last renewed with the others, is over: the process stood still, and may go on
        before this thread notices.
        """
        return time.monotonic() - max(self.renewed, asked) > self.lease.total_seconds()

    def host(self) -> None:
        try:
            self.run()
        finally:
            if not self.stopping.is_set():
                self.died("heartbeat")

    def run(self) -> None:
        """Three times in each lease. Without an answer for two thirds of it the runs are as good as lost.

        An answer may also never come, where the network swallows it: what waits for it cannot look at the clock.
        """
        interval = self.lease.total_seconds() / 3
        self.renewed = time.monotonic()
        while not self.stopping.is_set():
            held = self.held()
            asked = time.monotonic()
            if not held or self.renew_before(self.renewed + 2.5 * interval, held):
                self.renewed = asked
                self.tell()
            elif time.monotonic() - self.renewed > 2 * interval:
                self.give_up(held)
            self.sooner.wait(interval)
            self.sooner.clear()

    def renew_before(self, deadline: float, held: Held) -> bool:
        """Between the second renewal that is missed and the end of the lease; the worker stops its runs from aside."""
        late = threading.Timer(max(0.0, deadline - time.monotonic()), self.give_up, [held])
        late.start()
        try:
            return self.renew(held)
        finally:
            late.cancel()

    def give_up(self, held: Held) -> None:
        logger.warning("leases could not be renewed in time", extra={"runs": len(held)})
        self.lost(held)

    def renew(self, held: Held) -> bool:
        try:
            answer = reach(leases.renew, held, lease=self.lease)
        except Unavailable as error:
            logger.warning("leases were not renewed", extra={"runs": len(held), "error": str(error.__cause__)})
            return False
        if gone := [(run_id, token) for run_id, token in held if run_id not in answer]:
            self.lost(gone)
        if wishes := {run_id: wish for run_id, wish in answer.items() if wish}:
            self.wished(wishes)
        return True

"""A worker gives its runs up before their leases end, whatever becomes of the answer."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

from runs import lease as leases
from runs.execution.heartbeat import Heartbeat, Held


def heart_of(held: Held, lost: Callable[[Held], None] = lambda gone: None) -> Heartbeat:
    return Heartbeat(
        lease=timedelta(seconds=0.6),
        held=lambda: held,
        lost=lost,
        wished=lambda wishes: None,
        died=lambda part: None,
        tell=lambda: None,
    )


def test_a_process_that_stood_still_for_a_lease_knows_before_anybody_tells_it() -> None:
    heart = heart_of([])
    asked = time.monotonic()
    assert not heart.is_late(asked)

    heart.renewed -= 1

    assert heart.is_late(asked - 1)
    assert not heart.is_late(asked)


def test_runs_are_given_up_while_a_renewal_still_waits_for_its_answer() -> None:
    held: Held = [(uuid4(), 1)]
    lost: list[Held] = []
    told, answered = threading.Event(), threading.Event()

    def on_lost(gone: Held) -> None:
        lost.append(gone)
        told.set()

    heart = heart_of(held, on_lost)
    # A network that swallows everything: neither an answer nor an error comes.
    with patch.object(leases, "renew", lambda *args, **options: answered.wait(30) and {}):
        heart.start()
        try:
            assert told.wait(10)
            assert not answered.is_set()
        finally:
            heart.stopping.set()
            answered.set()
            heart.stop()
    assert lost[0] == held

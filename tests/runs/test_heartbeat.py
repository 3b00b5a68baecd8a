"""A worker gives its runs up before their leases end, whatever becomes of the answer."""

import threading
from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

from runs import lease as leases
from runs.execution.heartbeat import Heartbeat, Held


def test_runs_are_given_up_while_a_renewal_still_waits_for_its_answer() -> None:
    held: Held = [(uuid4(), 1)]
    lost: list[Held] = []
    told, answered = threading.Event(), threading.Event()

    def on_lost(gone: Held) -> None:
        lost.append(gone)
        told.set()

    heart = Heartbeat(
        lease=timedelta(seconds=0.6),
        held=lambda: held,
        lost=on_lost,
        wished=lambda wishes: None,
        died=lambda part: None,
        tell=lambda: None,
    )
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

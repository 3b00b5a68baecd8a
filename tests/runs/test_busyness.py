"""Whether a process computes, as its CPU tells."""

import time

from runs.execution.busyness import Look


def test_a_process_that_sleeps_is_not_busy() -> None:
    look = Look()

    time.sleep(0.05)

    assert not look.is_busy


def test_a_process_that_computes_is_busy() -> None:
    look = Look()
    # Its share of a core, were nobody else there: other processes of the machine are.
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    look.began = time.monotonic() - 0.05

    assert look.is_busy

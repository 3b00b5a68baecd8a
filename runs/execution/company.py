"""Other workers, who may be idle while this one is busy: new runs are for them then."""

import time

from runs.execution.busyness import Look

#: Seconds for which a worker takes what comes after a wake-up had gone round, because all had much to do.
ALONE = 0.25
#: Seconds that a look at what this process does takes, at least.
MOMENT = 0.004


class Company:
    """May be asked from any thread."""

    def __init__(self) -> None:
        #: Those that had room when this worker last asked.
        self.number = 0
        self.alone_until = 0.0

    @property
    def is_idle(self) -> bool:
        """As far as this worker knows."""
        return self.number > 0 and time.monotonic() > self.alone_until

    def leave_alone(self) -> None:
        """For a while, as all of them have much to do."""
        self.alone_until = time.monotonic() + ALONE

    def is_to_be_woken(self) -> bool:
        """Instead of this one, because it computes. Takes a moment."""
        if not self.is_idle:
            return False
        look = Look()
        time.sleep(MOMENT)
        return look.is_busy

"""Whether this process computes nearly all the time: others, who may be idle, are to have the next runs then."""

import time

#: Of one core, all threads of the process together: a thread of Python computes while the others wait for it.
BUSY = 0.5


class Look:
    """At what the process has done since the look began."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.computed = time.process_time()

    @property
    def is_busy(self) -> bool:
        return time.process_time() - self.computed > BUSY * (time.monotonic() - self.began)

"""When a process looks for garbage: hardly while it starts, and afterwards never among what its start has made.

That is a quarter of a million objects which all stay. To look through them takes a tenth of a second in which nothing
else happens, and was a fifth of the CPU of a busy worker.
"""

import gc

#: A run leaves some hundred objects that refer to each other.
USUAL = (5_000, 10, 10)
#: New objects until it looks, while nearly all that is made is to stay.
STARTING = 100_000


def start() -> None:
    gc.set_threshold(STARTING)


def started() -> None:
    gc.freeze()
    gc.set_threshold(*USUAL)

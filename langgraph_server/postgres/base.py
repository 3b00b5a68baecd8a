"""Django's backend for Postgres, which looks at a kept connection's socket instead of asking it `SELECT 1`.

Postgres says nothing unasked but that it ends the connection, or what is as rare: then it is asked after all.
"""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def close_if_health_check_failed(self) -> None:
        if self.connection is not None and is_silent(self.connection.fileno()):
            self.health_check_done = True
        super().close_if_health_check_failed()


def is_silent(file: int) -> bool:
    """A closed connection is readable too."""
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return not poll.poll(0)

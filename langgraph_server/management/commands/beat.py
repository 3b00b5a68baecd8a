"""The clock: tell the workers every few seconds that something may be due."""

import signal
from contextlib import suppress
from typing import Any

from celery.apps.beat import Beat

from langgraph_server import garbage
from langgraph_server.celery import app
from langgraph_server.management.base import ServerCommand


class Clock(Beat):
    def install_sync_handler(self, service: Any) -> None:
        """Celery's handler writes to the database within the signal: for ever, if that came in mid-query."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.default_int_handler)


class Command(ServerCommand):
    help = "Run the clock of crons and chores. More than one does no harm."

    def handle(self, **options: Any) -> None:
        garbage.started()
        with suppress(KeyboardInterrupt):
            Clock(app=app, max_interval=5, quiet=True).run()

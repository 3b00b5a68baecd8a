"""The clock: tell the workers every few seconds that something may be due."""

from typing import Any

from langgraph_server.celery import app
from langgraph_server.management.base import ServerCommand


class Command(ServerCommand):
    help = "Run the clock of crons and chores. More than one does no harm."

    def handle(self, **options: Any) -> None:
        app.start(["--quiet", "beat", "--max-interval", "5", "--pidfile", ""])

"""How the installation is."""

import sys
from typing import Any

from langgraph_server import status
from langgraph_server.management.base import ServerCommand


class Command(ServerCommand):
    help = "Say how the installation is. What wants a look is marked with !, and makes the exit code 1."

    def handle(self, **options: Any) -> None:
        alarming = False
        for title, lines in status.report():
            self.stdout.write(title)
            for line in lines:
                self.stdout.write(f"{'!' if line.alarming else ' '} {line.label}: {line.figure}")
                alarming = alarming or line.alarming
        if alarming:
            sys.exit(1)

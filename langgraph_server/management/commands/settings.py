"""What the server is told by its environment."""

from typing import Any

from django.core.management import CommandParser

from langgraph_server.management.base import ServerCommand
from langgraph_server.variables.groups import groups
from langgraph_server.variables.present import present
from langgraph_server.variables.reference import markdown


class Command(ServerCommand):
    help = "Show each setting, and whether the environment or `dev` has set it. Secrets are not shown."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--markdown", action="store_true", help="print the page of the reference")

    def handle(self, **options: Any) -> None:
        self.stdout.write(markdown() if options["markdown"] else shown())


def shown() -> str:
    return "\n".join(
        line
        for group in groups()
        for line in (group.title, *(f"  {present(variable)}" for variable in group.variables), "")
    ).rstrip()

"""What our commands share: a wrong installation ends in one sentence, and none outlives its supervisor."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from langgraph_server.errors import ConfigurationError
from langgraph_server.orphans import end_with_supervisor


class ServerCommand(BaseCommand):
    requires_system_checks = ()

    def execute(self, *args: Any, **options: Any) -> str | None:
        end_with_supervisor()
        try:
            return super().execute(*args, **options)
        except ConfigurationError as error:
            raise CommandError(str(error)) from error


def add_door_arguments(parser: CommandParser, *, port: int) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=port, help="port to listen on (%(default)s)")
    parser.add_argument(
        "--allow-anonymous", action="store_true", help="serve other machines although no auth is configured"
    )

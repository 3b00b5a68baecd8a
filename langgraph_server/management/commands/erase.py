"""Erase all that one owner has."""

from typing import Any

from django.core.management import CommandError, CommandParser

from langgraph_server.management.base import ServerCommand
from langgraph_server.portable.erasure import belongings, erase


class Command(ServerCommand):
    help = (
        "Erase one owner's threads with runs, checkpoints and deliveries, crons, assistants, items of the store and "
        "API keys. Files and backups keep what they have."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--owner", required=True, help="an identity: user:7, service:billing")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *, owner: str, yes: bool, **options: Any) -> None:
        for what, count in belongings(owner).items():
            self.stdout.write(f"{count} {what}")
        if not yes and input(f"Type {owner} again to erase all of it: ") != owner:
            raise CommandError("nothing was erased")
        erase(owner)
        self.stdout.write(f"erased {owner}")

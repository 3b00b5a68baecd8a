"""Bring in what `export` wrote."""

import sys
from pathlib import Path
from typing import Any

from django.core.management import CommandError, CommandParser

from langgraph_server.errors import DomainError
from langgraph_server.management.base import ServerCommand
from langgraph_server.portable.reading import read


class Command(ServerCommand):
    help = "Bring in a file that `export` wrote, all of it or nothing. Crons come switched off."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="- is standard input")

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            with sys.stdin if str(file) == "-" else file.open(encoding="utf-8") as lines:
                found = read(lines)
        except (DomainError, OSError, UnicodeDecodeError) as refusal:
            raise CommandError(str(refusal)) from refusal
        for table, count in found.items():
            self.stdout.write(f"{count} rows of {table}")

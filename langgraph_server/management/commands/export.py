"""Take one thread, or all of one owner, out as a file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from django.core.management import CommandError, CommandParser

from langgraph_server.errors import DomainError
from langgraph_server.management.base import ServerCommand
from langgraph_server.portable.writing import write_owner, write_thread


class Command(ServerCommand):
    help = "Write one thread, or all that one owner has, to a file that `import` reads."

    def add_arguments(self, parser: CommandParser) -> None:
        subject = parser.add_mutually_exclusive_group(required=True)
        subject.add_argument("--thread", type=UUID, help="with its runs, their kept events and its checkpoints")
        subject.add_argument("--owner", help="an identity: user:7, service:billing; whatever metadata.owner says")
        parser.add_argument("file", type=Path, help="must not exist; - is standard output")

    def handle(self, *, thread: UUID | None, owner: str, file: Path, **options: Any) -> None:
        try:
            with opened(file) as target:
                written = write_owner(target, owner) if thread is None else write_thread(target, thread)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        for table, count in written.items():
            self.stderr.write(f"{count} rows of {table}")


@contextmanager
def opened(file: Path) -> Iterator[TextIO]:
    """For its owner alone to read; what broke off is not left behind."""
    if str(file) == "-":
        yield sys.stdout
        return
    try:
        file.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise CommandError(f"{file} cannot be made: {error.strerror}") from error
    try:
        with file.open("w", encoding="utf-8") as target:
            yield target
    except BaseException:
        file.unlink()
        raise

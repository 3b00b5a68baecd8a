"""What the commands and settings really are, for tests that hold texts and deployment files against them."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.core.management import CommandError, get_commands, load_command_class

from langgraph_server.variables.groups import groups

ROOT = Path(__file__).parents[2]
PACKAGES = ("assistants", "crons", "langgraph_server", "runs", "store", "threads", "webhooks")


def variables() -> set[str]:
    """The environment variables that the server knows."""
    return {name for group in groups() for variable in group.variables for name in variable.names}


def refusal(words: Sequence[str]) -> str:
    """Why `langgraph-server` would not understand these words; empty if it would."""
    command, *arguments = words
    app = get_commands().get(command)
    if app is None:
        return f"there is no command {command}"
    parser = load_command_class(str(app), command).create_parser("langgraph-server", command)
    parser.called_from_command_line = False
    try:
        parser.parse_args(list(arguments))
    except CommandError as error:
        return str(error)
    return ""


def typed(text: str) -> Iterator[str]:
    """Lines of blocks: those between fences, and those that are set in by four."""
    inside = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            inside = not inside
        elif inside or line.startswith("    "):
            yield line.strip().removeprefix("$ ")


def words_of(line: str) -> list[str]:
    """Up to where the shell goes on with something else; without the variables set before."""
    words = shlex.split(line, comments=True)
    for end in ("|", ">", "<", "&&", "&"):
        words = words[: words.index(end)] if end in words else words
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    return words

"""Every refusal has a status, every command a test, every route a view of ours."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from langgraph_server.api.errors import STATUSES, answer, status_of
from langgraph_server.errors import DomainError

ROOT = Path(__file__).parents[2]
APPS = ["langgraph_server", "assistants", "threads", "runs", "store", "crons", "webhooks"]


def refusals() -> list[type[DomainError]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("errors.py")):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return sorted(descendants(DomainError), key=lambda kind: f"{kind.__module__}.{kind.__name__}")


def descendants(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


class Anything(dict[str, str]):
    """Data for any message."""

    def __missing__(self, key: str) -> str:
        return key


def made(kind: type[DomainError]) -> DomainError:
    """With all that its message asks for."""
    refusal = kind.__new__(kind)
    Exception.__init__(refusal, kind.message.format_map(Anything()))
    return refusal


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_status_and_a_sentence(kind: type[DomainError]) -> None:
    told = answer(made(kind))

    assert told
    status, sentence = told
    assert 400 <= status < 600
    assert status == status_of(made(kind))
    assert sentence.strip()
    assert kind.code != DomainError.code


def test_no_refusal_has_two_statuses() -> None:
    for kind in refusals():
        assert sum(issubclass(kind, base) for base in STATUSES) == 1, kind


COMMANDS = sorted(
    path.stem
    for app in APPS
    for path in (ROOT / app / "management" / "commands").glob("*.py")
    if path.stem != "__init__"
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_management_command_is_used_by_a_test(command: str) -> None:
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path.parent.name != "house"]

    assert any(f'"{command}"' in path.read_text() for path in tests)

"""A client's `command` as LangGraph's: update, resume, goto."""

from collections.abc import Mapping
from typing import Any

from langgraph.types import Command, Send


def as_command(command: Mapping[str, Any]) -> Command[Any]:
    known = {key: command[key] for key in ("update", "resume") if key in command}
    goto = command.get("goto") or ()
    targets = goto if isinstance(goto, list) else [goto] if goto else []
    return Command(**known, goto=[as_target(target) for target in targets])


def as_target(target: Any) -> str | Send:
    return Send(target["node"], target.get("input")) if isinstance(target, dict) else target

"""Which assistant a request means: clients write its UUID or a graph id."""

from collections.abc import Collection, Sequence
from uuid import UUID

from assistants.builtin import assistant_id_of
from assistants.models import Assistant
from langgraph_server.config.loading import server_config
from langgraph_server.errors import DomainError
from langgraph_server.instances import Seen, versioned
from langgraph_server.pipelines import execute_together
from runs.errors import ThreadOrAssistantNotFound, UnknownAssistant
from runs.requests import RunRequest

COLUMNS = [field.attname for field in Assistant._meta.concrete_fields]
#: As text, because Django takes longer to write it than Postgres to answer.
FIND = f"SELECT xmin, {', '.join(COLUMNS)} FROM assistants_assistant WHERE assistant_id = ANY(%s)"
#: What this process has read and remembers. It may be old: whoever goes by it confirms it.
REMEMBERED: dict[UUID, Seen[Assistant]] = {}
MOST = 1000


def find_assistants(requests: Sequence[RunRequest]) -> dict[str, Assistant | DomainError]:
    """By what the clients wrote."""
    wanted = {request.assistant: assistant_key(request.assistant) for request in requests}
    existing = read({key for key in wanted.values() if key})
    found: dict[str, Assistant | DomainError] = {}
    for name, key in wanted.items():
        if key is None:
            found[name] = UnknownAssistant(assistant=name, graphs=", ".join(sorted(server_config().graphs)))
        else:
            found[name] = existing[key].row if key in existing else ThreadOrAssistantNotFound()
    return found


def remembered(requests: Sequence[RunRequest]) -> dict[str, Seen[Assistant]]:
    """Those that exist, or did when they were read."""
    wanted = {request.assistant: assistant_key(request.assistant) for request in requests}
    known = {key: REMEMBERED[key] for key in wanted.values() if key in REMEMBERED}
    if unknown := {key for key in wanted.values() if key and key not in known}:
        fresh = read(unknown)
        known.update(fresh)
        if len(REMEMBERED) > MOST:
            REMEMBERED.clear()
        REMEMBERED.update(fresh)
    return {name: known[key] for name, key in wanted.items() if key in known}


def forget(assistant_ids: Collection[UUID]) -> None:
    for assistant_id in assistant_ids:
        REMEMBERED.pop(assistant_id, None)


def read(assistant_ids: Collection[UUID]) -> dict[UUID, Seen[Assistant]]:
    (rows,) = execute_together((FIND, [list(assistant_ids)]))
    return {each.row.assistant_id: each for each in versioned(Assistant, COLUMNS, rows)}


def assistant_key(name: str) -> UUID | None:
    if name in server_config().graphs:
        return assistant_id_of(name)
    try:
        return UUID(name)
    except ValueError:
        return None

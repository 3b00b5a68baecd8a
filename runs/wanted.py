"""Which assistant a request means: clients write its UUID or a graph id."""

from collections.abc import Sequence
from uuid import UUID

from assistants.builtin import assistant_id_of
from assistants.models import Assistant
from langgraph_server.config.loading import server_config
from langgraph_server.errors import DomainError
from langgraph_server.instances import instances
from langgraph_server.pipelines import execute_together
from runs.errors import ThreadOrAssistantNotFound, UnknownAssistant
from runs.requests import RunRequest

COLUMNS = [field.attname for field in Assistant._meta.concrete_fields]
#: As text, because Django takes longer to write it than Postgres to answer.
FIND = f"SELECT {', '.join(COLUMNS)} FROM assistants_assistant WHERE assistant_id = ANY(%s)"


def find_assistants(requests: Sequence[RunRequest]) -> dict[str, Assistant | DomainError]:
    """By what the clients wrote."""
    wanted = {request.assistant: assistant_key(request.assistant) for request in requests}
    keys = [key for key in set(wanted.values()) if key]
    (rows,) = execute_together((FIND, [keys]))
    existing = {each.assistant_id: each for each in instances(Assistant, COLUMNS, rows)}
    found: dict[str, Assistant | DomainError] = {}
    for name, key in wanted.items():
        if key is None:
            found[name] = UnknownAssistant(assistant=name, graphs=", ".join(sorted(server_config().graphs)))
        else:
            found[name] = existing.get(key) or ThreadOrAssistantNotFound()
    return found


def assistant_key(name: str) -> UUID | None:
    if name in server_config().graphs:
        return assistant_id_of(name)
    try:
        return UUID(name)
    except ValueError:
        return None

"""How many active runs one caller may have (LANGGRAPH_SERVER_RUNS_PER_CALLER); unset, nothing is asked."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models.fields.json import KT

from langgraph_server.errors import DomainError
from runs.errors import TooManyRuns
from runs.models import Run
from runs.requests import RunRequest

#: Beside those of other advisory locks.
LOCK = 0x6C67_0001


def beyond(requests: Iterable[RunRequest]) -> dict[UUID, DomainError]:
    """Refusals of those that are too many. Holds the callers' locks until the transaction ends."""
    most = settings.RUNS_PER_CALLER
    if not most:
        return {}
    asked: dict[str, list[UUID]] = defaultdict(list)
    for request in requests:
        asked[request.caller.identity].append(request.run_id)
    # In one order everywhere, so that no two transactions wait for each other.
    return {
        run_id: TooManyRuns(most=most)
        for identity in sorted(asked)
        for run_id in asked[identity][free(identity, most) :]
    }


def free(identity: str, most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, identity])
    theirs = Run.objects.active().alias(caller=KT("kwargs__config__configurable__langgraph_auth_user_id"))
    return max(0, most - theirs.filter(caller=identity).count())

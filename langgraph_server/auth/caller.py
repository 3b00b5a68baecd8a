"""Who calls without credentials: code of the application that asks this very server, and the requests it makes.

Only our own code can put a principal into a request's scope; nothing that a client sends gets there.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from langgraph_server.auth.principal import Principal, principal_of

KEY = "langgraph_server.caller"
#: For whom the code that runs here works. None: nobody, and whoever it asks decides by credentials.
CALLER: ContextVar[Principal | None] = ContextVar("caller", default=None)


def known(scope: Mapping[str, Any]) -> Principal | None:
    found: Principal | None = scope.get(KEY)
    return found


def of_run(configurable: Mapping[str, Any]) -> Principal | None:
    user = configurable.get("langgraph_auth_user")
    return principal_of(user) if user else None

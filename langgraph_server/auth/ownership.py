"""Who is let in, and what is theirs, where the server itself decides: API keys, Django's users, and their `owner`.

What somebody makes is theirs alone: `metadata.owner` of threads, assistants and crons, the first label in the store.
"""

from collections.abc import Callable, Mapping
from typing import Any

from langgraph_server.auth.asked import Asked
from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.auth.keys import principal_by_key
from langgraph_server.auth.principal import Principal
from langgraph_server.auth.scopes import permit
from langgraph_server.auth.users import principal_by_session
from langgraph_server.errors import Forbidden, Unauthenticated
from langgraph_server.rows import Rows

#: By the words of LANGGRAPH_AUTH_TYPE.
WAYS: Mapping[str, Callable[[Asked], Principal | None]] = {"keys": principal_by_key, "users": principal_by_session}
SYSTEM = {"created_by": "system"}


class Ownership:
    def __init__(self, words: list[str]) -> None:
        self.ways = [WAYS[word] for word in words]

    def authenticate(self, asked: Asked) -> Principal:
        for recognised in self.ways:
            if principal := recognised(asked):
                return principal
        raise Unauthenticated

    async def aauthenticate(self, asked: Asked, rows: Rows) -> Principal:
        return await rows.call(self.authenticate, asked)

    def decide(self, principal: Principal, resource: str, action: str, value: dict[str, Any]) -> Filter:
        if not permit(principal.permissions, resource, action):
            raise Forbidden
        if resource == "store":
            value["namespace"] = within(label_of(principal.identity), value.get("namespace") or ())
            return EVERYTHING
        own = {"owner": principal.identity}
        if resource == "assistants" and action in {"read", "search"}:
            return Filter({"$or": [own, SYSTEM]})
        if action in {"create", "update", "create_run"}:
            given = value.get("metadata") or {}
            value["metadata"] = {**{key: given[key] for key in given if key not in SYSTEM}, **own}
        return Filter(own)

    async def adecide(self, principal: Principal, resource: str, action: str, value: dict[str, Any]) -> Filter:
        return self.decide(principal, resource, action, value)


def within(label: str, namespace: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """As clients read it in answers, it may come back."""
    return tuple(namespace) if namespace and namespace[0] == label else (label, *namespace)


def label_of(identity: str) -> str:
    """No two identities have the same, and a label has no periods."""
    return identity.replace("%", "%25").replace(".", "%2E")

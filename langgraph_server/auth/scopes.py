"""What an API key may be used for: `threads:read`, `store:*`, `*:write` … Runs belong to threads. Pure."""

from collections.abc import Collection, Iterable

from langgraph_server.auth.errors import UnknownScope

ALL = "*"
RESOURCES = ("threads", "assistants", "crons", "store")
READING = frozenset({"read", "search", "get", "list_namespaces"})
SCOPES = frozenset(
    {ALL, *(f"{resource}:{verb}" for resource in (*RESOURCES, "*") for verb in ("read", "write", "*"))} - {"*:*"}
)


def checked(scopes: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(scopes))
    for scope in wanted:
        if scope not in SCOPES:
            raise UnknownScope(scope=scope, known=", ".join(sorted(SCOPES)))
    return wanted


def permit(scopes: Collection[str], resource: str, action: str) -> bool:
    verb = "read" if action in READING else "write"
    return any(scope in scopes for scope in (ALL, f"{resource}:{verb}", f"{resource}:*", f"*:{verb}"))

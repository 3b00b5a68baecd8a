"""How a value that is encrypted stands in a document: an object of our own in its place. Pure.

Clients cannot forge one: what of their documents is not encrypted, but looks like ours, is put into a literal one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from langgraph_server.errors import Invalid

#: The encrypted value.
SEALED = "$sealed"
#: What the handlers were told when they encrypted it.
CONTEXT = "context"
#: It was encrypted as bytes, of the value's JSON.
BLOB = "blob"
#: The value is not encrypted, it only looks like it.
LITERAL = "literal"
#: The key under which handlers meet a value that is no object.
ALONE = "value"
#: Of a run's kwargs and a cron's payload: what its worker needs to know. Clients never see it.
ASIDE = "$encryption"


def is_envelope(value: Any) -> bool:
    return isinstance(value, dict) and SEALED in value


def mentions(value: Any) -> bool:
    """Whether it has to be looked through before anybody sees it."""
    if isinstance(value, Mapping):
        return SEALED in value or ASIDE in value or any(map(mentions, value.values()))
    return isinstance(value, (list, tuple)) and any(map(mentions, value))


def literal(value: Any) -> Any:
    return {SEALED: value, LITERAL: True} if mentions(value) else value


def refuse_reserved(document: Mapping[str, Any]) -> None:
    if reserved := {SEALED, ASIDE} & document.keys():
        raise Invalid(detail=f"{reserved.pop()!r} is a key of the server's own")


def guarded(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: literal(value) for key, value in document.items()}


def wrapped(before: Mapping[str, Any], after: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """What a handler left as it was is not encrypted."""
    beside = {CONTEXT: dict(context)} if context else {}
    return {
        key: literal(value) if same(value, before[key]) else {SEALED: value, **beside} for key, value in after.items()
    }


def same(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and one == other)


def context_in(kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was told of the request that asked for the run with these."""
    context: Mapping[str, Any] = (kwargs.get(ASIDE) or {}).get(CONTEXT) or {}
    return context


def by_context(envelopes: Mapping[str, Any]) -> Iterable[tuple[dict[str, Any], dict[str, Any]]]:
    """Contexts, each with the encrypted values that belong to it."""
    groups: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for key, envelope in envelopes.items():
        context = envelope.get(CONTEXT) or {}
        group = next((values for known, values in groups if known == context), None)
        if group is None:
            groups.append((context, group := {}))
        group[key] = envelope[SEALED]
    return groups

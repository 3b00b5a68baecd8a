"""How this process finds out who calls and what they may do. One object, made at start, asked by every view.

The methods that begin with `a` are for the loop, the others for Django's threads.
"""

from functools import cache
from typing import Any, Protocol

from django.conf import settings

from langgraph_server.auth.application import Application
from langgraph_server.auth.asked import Asked
from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.auth.ownership import WAYS, Ownership
from langgraph_server.auth.principal import ANONYMOUS, Principal
from langgraph_server.config.loading import application_object, server_config
from langgraph_server.errors import ConfigurationError
from langgraph_server.rows import Rows

OPEN = "noop"


class Scheme(Protocol):
    def authenticate(self, asked: Asked) -> Principal: ...

    async def aauthenticate(self, asked: Asked, rows: Rows) -> Principal: ...

    def decide(self, principal: Principal, resource: str, action: str, value: dict[str, Any]) -> Filter:
        """What of the resource the principal may touch; `value` is changed to what they may do."""
        ...

    async def adecide(self, principal: Principal, resource: str, action: str, value: dict[str, Any]) -> Filter: ...


class Anyone:
    def authenticate(self, asked: Asked) -> Principal:
        return ANONYMOUS

    async def aauthenticate(self, asked: Asked, rows: Rows) -> Principal:
        return ANONYMOUS

    def decide(self, principal: Principal, resource: str, action: str, value: dict[str, Any]) -> Filter:
        return EVERYTHING

    async def adecide(self, principal: Principal, resource: str, action: str, value: dict[str, Any]) -> Filter:
        return EVERYTHING


@cache
def scheme() -> Scheme:
    """Call it first at start and outside any loop: modules of the application may use `asyncio.run`."""
    reference, words = server_config().auth.get("path"), own_ways()
    if reference and words:
        told = f"auth.path and LANGGRAPH_AUTH_TYPE={','.join(words)} cannot both decide who gets in: choose one"
        raise ConfigurationError(told)
    if reference:
        return Application(application_object(reference, server_config()), named=reference)
    return Ownership(words) if words else Anyone()


def own_ways() -> list[str]:
    words = [word for word in settings.API_AUTH if word != OPEN]
    if unknown := sorted({*words} - {*WAYS}):
        told = f"LANGGRAPH_AUTH_TYPE: '{unknown[0]}' is none of {OPEN}, {', '.join(WAYS)}"
        raise ConfigurationError(told)
    return words


def is_open() -> bool:
    return isinstance(scheme(), Anyone)

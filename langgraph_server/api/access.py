"""How a consumer on the loop finds out who calls, and what they may do; for HTTP and for websockets."""

from collections.abc import Mapping
from typing import Any

from langgraph_server.api import rates
from langgraph_server.api.resources import Resources
from langgraph_server.auth import caller
from langgraph_server.auth.asked import Asked
from langgraph_server.auth.filters import Filter
from langgraph_server.auth.principal import Principal
from langgraph_server.auth.scheme import scheme
from langgraph_server.encryption import requests as encryption
from langgraph_server.encryption.context import HEADER


class Access:
    scope: Any
    resources: Resources
    principal: Principal

    async def recognise(self, body: bytes = b"") -> None:
        """Before anything else is done for a caller."""
        asked = Asked(scope=self.scope, body=lambda: body, path_params=self.parameters)
        self.principal = caller.known(self.scope) or await scheme().aauthenticate(asked, self.resources.rows)
        caller.CALLER.set(self.principal)
        address = (self.scope.get("client") or [""])[0]
        await rates.check(self.principal, address, self.resources.reader.redis)
        await encryption.begin(self.principal, asked.header(HEADER))

    async def authorize(self, resource: str, action: str, value: dict[str, Any]) -> Filter:
        """What the caller may see of the resource; `value` becomes what they may do. Or a refusal."""
        return await scheme().adecide(self.principal, resource, action, value)

    @property
    def parameters(self) -> dict[str, str]:
        """From the path."""
        route: Any = dict(self.scope)["url_route"]
        return dict(route["kwargs"])

    @property
    def headers(self) -> Mapping[str, str]:
        return {key.decode("latin-1"): value.decode("latin-1") for key, value in self.scope["headers"]}

"""How a consumer on the loop finds out who calls, and what they may do; for HTTP and for websockets."""

from typing import Any

from langgraph_server.api import rates
from langgraph_server.api.resources import Resources
from langgraph_server.auth import caller
from langgraph_server.auth.asked import Asked
from langgraph_server.auth.filters import Filter
from langgraph_server.auth.principal import Principal
from langgraph_server.auth.scheme import scheme


class Access:
    scope: Any
    resources: Resources
    principal: Principal

    async def recognise(self, body: bytes = b"") -> None:
        """Before anything else is done for a caller."""
        parameters = dict(self.scope)["url_route"]["kwargs"]
        asked = Asked(scope=self.scope, body=lambda: body, path_params=parameters)
        self.principal = caller.known(self.scope) or await scheme().aauthenticate(asked, self.resources.rows)
        caller.CALLER.set(self.principal)
        address = (self.scope.get("client") or [""])[0]
        await rates.acheck(self.principal, address, self.resources.reader.redis)

    async def authorize(self, resource: str, action: str, value: dict[str, Any]) -> Filter:
        """What the caller may see of the resource; `value` becomes what they may do. Or a refusal."""
        return await scheme().adecide(self.principal, resource, action, value)

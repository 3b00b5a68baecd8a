"""An agent by its address, and its card."""

from typing import Any

from assistants.api.views import assistant_uuid
from assistants.errors import AssistantGone
from assistants.models import Assistant
from langgraph_server.errors import DomainError, Invalid
from langgraph_server.gateways import agents, jsonrpc
from langgraph_server.gateways.a2a import pushing
from langgraph_server.gateways.a2a.card import card
from langgraph_server.gateways.errors import BadParams

MISSING = "Missing required query parameter: assistant_id"


class AgentView(jsonrpc.RpcView):
    @property
    def assistant_name(self) -> str:
        return self.parameter("assistant_id")

    async def find(self) -> Assistant:
        name = self.assistant_name
        assistant_id = assistant_uuid(name)
        visible = await self.authorize("assistants", "read", {"assistant_id": assistant_id})
        try:
            return await self.resources.rows.call(agents.expect_usable, assistant_id, visible=visible)
        except AssistantGone:
            raise BadParams(detail=f"Assistant '{name}' not found") from None

    async def card(self) -> dict[str, Any]:
        assistant = await self.find()
        schema = await agents.input_schema(self, assistant)
        return card(assistant, schema, base=self.base, pushes=pushing.is_offered())

    @property
    def base(self) -> str:
        host = self.headers.get("host") or "localhost"
        return f"{self.scope.get('scheme', 'http')}://{host}{self.scope.get('root_path', '')}"

    async def get(self, body: bytes) -> None:
        try:
            document = await self.card()
        except DomainError as refusal:
            if not isinstance(refusal, Invalid):
                raise
            told = {"code": BadParams.number, "message": str(refusal)}
            await self.respond(400, {"error": told})
        else:
            await self.respond(200, document)


class CardView(AgentView):
    @property
    def assistant_name(self) -> str:
        if not (name := self.query.get("assistant_id")):
            raise BadParams(detail=MISSING)
        return name


class CardOfAgentView(AgentView):
    """Where clients look that were told an agent's address."""

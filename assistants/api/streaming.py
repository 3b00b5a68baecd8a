"""Assistants over HTTP, where the graph is asked: drawing, schemas, subgraphs. On the loop."""

from uuid import UUID

from assistants import introspection, lifecycle
from assistants.api.views import assistant_uuid
from assistants.builtin import assistant_id_of
from assistants.models import Assistant
from langgraph_server.api.streaming import WaitingView
from langgraph_server.errors import Invalid
from langgraph_server.graphs.registry import registry

DEPTHS = {"": 0, "false": 0, "False": 0, "true": introspection.DEEPEST, "True": introspection.DEEPEST}


class AssistantRoute(WaitingView):
    @property
    def assistant_id(self) -> UUID:
        return assistant_uuid(self.parameter("assistant_id"))

    async def find(self) -> Assistant:
        assistant_id = self.assistant_id
        visible = await self.authorize("assistants", "read", {"assistant_id": assistant_id})
        return await self.resources.rows.call(lifecycle.get, assistant_id, visible=visible)


class GraphView(AssistantRoute):
    """The only one of these routes where a graph's id may stand for its assistant's."""

    @property
    def assistant_id(self) -> UUID:
        name = self.parameter("assistant_id")
        return assistant_id_of(name) if name in registry().specs else assistant_uuid(name)

    async def get(self, body: bytes) -> None:
        xray, assistant = self.xray(), await self.find()
        await self.respond(
            200, await introspection.drawing(assistant, self.resources.store, xray=xray, caller=self.visitor)
        )

    def xray(self) -> int:
        text = self.query.get("xray", "")
        if text in DEPTHS:
            return DEPTHS[text]
        if not (text.isascii() and text.isdecimal()) or not text.strip("0"):
            raise Invalid(detail="Invalid xray value")
        return int(text) if len(text) < 9 else introspection.DEEPEST


class SchemasView(AssistantRoute):
    async def get(self, body: bytes) -> None:
        assistant = await self.find()
        await self.respond(200, await introspection.schemas_of(assistant, self.resources.store, caller=self.visitor))


class SubgraphsView(AssistantRoute):
    async def get(self, body: bytes) -> None:
        assistant = await self.find()
        recurse = self.query.get("recurse") in {"true", "True"}
        namespace = self.parameters.get("namespace")
        found = await introspection.subgraphs(
            assistant, self.resources.store, namespace=namespace, recurse=recurse, caller=self.visitor
        )
        await self.respond(200, found)

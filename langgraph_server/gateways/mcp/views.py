"""`/mcp`: streamable HTTP without sessions. Each message stands for itself, each answer is one JSON document."""

from collections.abc import Mapping
from typing import Any

from langgraph_server.api.parsing import parse_json
from langgraph_server.errors import DomainError, Invalid
from langgraph_server.gateways import jsonrpc
from langgraph_server.gateways.agents import VERSION, input_schema
from langgraph_server.gateways.errors import BadParams, UnknownMethod
from langgraph_server.gateways.jsonrpc import Call
from langgraph_server.gateways.mcp import tools
from langgraph_server.streams.events import START
from runs.api.asking import permitted
from runs.requests import RunRequest

#: Protocol versions that differ in nothing that is spoken here.
SPOKEN = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
ACCEPTED = ("application/json", "text/event-stream")


class McpView(jsonrpc.RpcView):
    async def unanswered(self, body: bytes) -> None:
        """There are no sessions to delete, and no streams of what a server says by itself."""
        status = {"DELETE": 404, "GET": 405}.get(self.method)
        if status is None:
            await super().unanswered(body)
        else:
            await self.send_response(status, b"")

    async def post(self, body: bytes) -> None:
        if not any(kind in self.headers.get("accept", "") for kind in ACCEPTED):
            await self.reject("Accept header must include application/json or text/event-stream")
            return
        try:
            message = parse_json(body)
        except Invalid:
            await self.reject("Invalid JSON")
            return
        await self.take(message)

    async def reject(self, why: str) -> None:
        await self.respond(400, {"error": why})

    async def take(self, message: Any) -> None:
        if not isinstance(message, dict):
            await self.reject("Invalid message format.")
        elif message.get("jsonrpc") != jsonrpc.VERSION:
            await self.reject("Invalid JSON-RPC message. Missing or invalid jsonrpc version.")
        elif message.get("id") is None or "method" not in message:
            await self.send_response(202, b"")
        elif not jsonrpc.is_id(message["id"]):
            await self.reject("Invalid message format.")
        else:
            await self.answer(message)

    async def answer(self, message: Mapping[str, Any]) -> None:
        call_id = message["id"]
        try:
            call = Call(call_id, str(message["method"]), jsonrpc.params_of(message))
            if call.method not in METHODS:
                raise UnknownMethod(method=call.method)
            document = await METHODS[call.method](self, call.params)
        except DomainError as refusal:
            await self.decline(call_id, refusal)
        else:
            await self.reply(jsonrpc.result(call_id, document))

    async def initialize(self, params: Mapping[str, Any]) -> Any:
        asked = params.get("protocolVersion")
        return {
            "protocolVersion": asked if asked in SPOKEN else SPOKEN[-1],
            "capabilities": {"tools": {"listChanged": False}},
            "serverInfo": {"name": "LangGraph", "version": VERSION},
        }

    async def ping(self, params: Mapping[str, Any]) -> Any:
        return {}

    async def list_tools(self, params: Mapping[str, Any]) -> Any:
        cursor = params.get("cursor")
        offset = 0 if cursor is None else jsonrpc.offset_in(cursor, refusal=f"Invalid cursor: {cursor}")
        seen = await self.seen(limit=tools.PAGE, offset=offset)
        assistants, further = await self.resources.rows.call(tools.page, offset, **seen)
        described = [(assistant, name, await input_schema(self, assistant)) for name, assistant in assistants.items()]
        listed = [tools.tool(*each) for each in described if tools.is_callable(each[-1])]
        return {"tools": listed, **({"nextCursor": further} if further else {})}

    async def seen(self, **page: int) -> dict[str, Any]:
        """The assistants that the caller may look for: by a handler's filter, and by what it adds to the search."""
        asked: dict[str, Any] = {"graph_id": None, "metadata": {}, **page}
        visible = await self.authorize("assistants", "search", asked)
        return {"visible": visible, "metadata": asked["metadata"]}

    async def call_tool(self, params: Mapping[str, Any]) -> Any:
        arguments = params.get("arguments")
        if arguments is not None and not isinstance(arguments, dict):
            raise BadParams(detail="arguments must be an object")
        seen = await self.seen(limit=1, offset=0)
        assistant = await self.resources.rows.call(tools.find, params.get("name"), **seen)
        request = RunRequest(
            assistant=str(assistant.assistant_id),
            thread_id=None,
            temporary=True,
            input=arguments or {},
            request_id=self.request_id,
        )
        self.run = await self.desk.admit(await permitted(request, self))
        await self.take_time()
        return tools.content(await self.outcome(self.run, START, fresh=True))


METHODS = {
    "initialize": McpView.initialize,
    "ping": McpView.ping,
    "tools/list": McpView.list_tools,
    "tools/call": McpView.call_tool,
}

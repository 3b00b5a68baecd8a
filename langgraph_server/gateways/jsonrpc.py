"""JSON-RPC 2.0, as much of it as the gateways speak: one call, one answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph_server import encoding
from langgraph_server.api.errors import status_of
from langgraph_server.api.streaming import JSON
from langgraph_server.errors import DomainError
from langgraph_server.gateways.errors import BadParams, number_of
from runs.api.serializers import request_id
from runs.api.streaming import RunView

VERSION = "2.0"
#: A caller who is not let in, or has to come again, is told so by HTTP.
OF_HTTP = frozenset({401, 429, 500, 503})


@dataclass(frozen=True, slots=True)
class Call:
    id: Any
    method: str
    params: Mapping[str, Any]


def offset_in(text: Any, *, refusal: str) -> int:
    """Of a page, from the token that the page before gave."""
    if not isinstance(text, str) or not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise BadParams(detail=refusal)
    return int(text)


def params_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    params = message.get("params")
    if params is None:
        return {}
    if not isinstance(params, dict):
        raise BadParams(detail="Invalid params: must be an object")
    return params


def is_of_http(error: DomainError) -> bool:
    return status_of(error) in OF_HTTP


def is_id(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def result(call_id: Any, document: Any) -> dict[str, Any]:
    return {"jsonrpc": VERSION, "id": call_id, "result": document}


def refusal(call_id: Any, error: DomainError) -> dict[str, Any]:
    return {"jsonrpc": VERSION, "id": call_id, "error": {"code": number_of(error), "message": str(error)}}


class RpcView(RunView):
    """Answers in JSON-RPC, and where the answer takes its time, with line feeds before it."""

    @property
    def request_id(self) -> str:
        return request_id(self.headers)

    async def decline(self, call_id: Any, error: DomainError) -> None:
        """As the call's answer, unless the refusal is HTTP's to tell."""
        if is_of_http(error) and not self.started:
            raise error
        await self.reply(refusal(call_id, error))

    async def reply(self, document: Any) -> None:
        if self.started:
            await self.send_body(encoding.dumps(document))
        else:
            await self.respond(200, document)

    async def take_time(self) -> None:
        await self.begin([JSON, (b"x-accel-buffering", b"no")])

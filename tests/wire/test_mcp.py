"""Assistants as tools, with the official client of the Model Context Protocol and by hand."""

from typing import Any

import httpx
from mcp import Client

from tests.support.installation import Installation

HEADERS = {"accept": "application/json, text/event-stream"}


async def asked(http: httpx.AsyncClient, message: Any, **headers: str) -> httpx.Response:
    return await http.post("/mcp", json=message, headers={**HEADERS, **headers})


def call(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


async def test_the_official_client_lists_and_calls_tools(server: Installation) -> None:
    async with Client(f"{server.url}/mcp") as mcp:
        listed = {tool.name: tool for tool in (await mcp.list_tools()).tools}
        echoed = await mcp.call_tool("echo", {"said": 1})
        chatted = await mcp.call_tool("chat", {"messages": "hi", "tokens": 2})
        failed = await mcp.call_tool("failing", {"how": "masked"})
        paused = await mcp.call_tool("approval", {})

    assert {"echo", "chat", "failing"} <= set(listed)
    assert echoed.content[0].text == "{'said': 1, 'count': 1}"  # type: ignore[union-attr] # it is a text
    assert "'content': 't0 t1 '" in chatted.content[0].text  # type: ignore[union-attr] # it is a text
    assert (failed.is_error, failed.content[0].text) == (True, "SecretError")  # type: ignore[union-attr] # a text
    assert "'__interrupt__': [{'value': {'question': 'send it?'}" in paused.content[0].text  # type: ignore[union-attr] # a text

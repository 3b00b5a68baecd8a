"""Assistants as tools, with the official client of the Model Context Protocol and by hand."""

from typing import Any

import httpx
import psycopg
import pytest
from langgraph_sdk.client import LangGraphClient
from mcp import Client

from tests.support.installation import Installation

HEADERS = {"accept": "application/json, text/event-stream"}


async def asked_of(http: httpx.AsyncClient, message: Any, **headers: str) -> httpx.Response:
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


async def test_the_version_that_a_client_asks_for_is_spoken_if_it_is_known(http: httpx.AsyncClient) -> None:
    for asked, told in (("2025-03-26", "2025-03-26"), ("1999-01-01", "2025-11-25"), (5, "2025-11-25")):
        result = (await asked_of(http, call("initialize", protocolVersion=asked))).json()["result"]
        assert result["protocolVersion"] == told
        assert result["capabilities"] == {"tools": {"listChanged": False}}


async def test_a_tool_says_what_it_takes(http: httpx.AsyncClient) -> None:
    listed = {tool["name"]: tool for tool in (await asked_of(http, call("tools/list"))).json()["result"]["tools"]}

    chat = listed["chat"]
    assert (chat["title"], chat["description"]) == ("chat", "Tool based on the chat assistant")
    assert chat["inputSchema"]["properties"]["messages"]["type"] == "string"
    assert "$defs" not in chat["inputSchema"]
    assert chat["annotations"]["openWorldHint"] is True


async def test_an_assistant_is_called_by_its_name_in_plain_letters(
    http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    made = await client.assistants.create("echo", name="my bot! ü (2)", description="Does it all")
    listed = {tool["name"]: tool for tool in (await asked_of(http, call("tools/list"))).json()["result"]["tools"]}
    assert listed["my_bot__2"]["description"] == "Does it all"

    told = await asked_of(http, call("tools/call", name="my_bot__2", arguments={"said": 2}))
    assert told.json()["result"]["content"][0]["text"] == "{'said': 2, 'count': 1}"

    other = await client.assistants.create("echo", name="my bot (2)")
    twice = await client.assistants.create("echo", name="my bot  2")
    ambiguous = await asked_of(http, call("tools/call", name="my_bot__2", arguments={}))
    assert ambiguous.json()["error"]["message"] == "Multiple tools found with the same name."
    for assistant in (made, other, twice):
        await client.assistants.delete(assistant["assistant_id"])


async def test_a_graphs_name_means_its_own_assistant(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    made = await client.assistants.create("chat", name="echo")
    told = await asked_of(http, call("tools/call", name="echo", arguments={"said": 3}))
    assert told.json()["result"]["content"][0]["text"] == "{'said': 3, 'count': 1}"
    await client.assistants.delete(made["assistant_id"])


async def test_assistants_that_have_no_graph_hide_nobody_else(
    server: Installation, http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    orphan = await client.assistants.create("echo", name="orphan")
    moody = await client.assistants.create("moody", name="put off", config={"configurable": {"put_off": True}})
    with psycopg.connect(server.database_uri, autocommit=True) as connection:
        connection.execute(
            "UPDATE assistants_assistant SET graph_id = 'gone' WHERE assistant_id = %s", [orphan["assistant_id"]]
        )

    listed = {tool["name"] for tool in (await asked_of(http, call("tools/list"))).json()["result"]["tools"]}
    assert {"echo", "moody"} <= listed
    assert {"orphan", "put_off"} & listed == set()
    told = (await asked_of(http, call("tools/call", name="put_off", arguments={}))).json()["result"]
    assert (told["isError"], told["content"][0]["text"]) == (True, "RuntimeError")
    card = await http.get(f"/a2a/{moody['assistant_id']}")
    assert card.json()["skills"][0]["metadata"]["inputSchema"]["properties"] == []
    for assistant in (orphan, moody):
        await client.assistants.delete(assistant["assistant_id"])


async def test_tools_come_page_by_page(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    made = [await client.assistants.create("echo", name=f"page{number}") for number in range(101)]
    first = (await asked_of(http, call("tools/list"))).json()["result"]
    rest = (await asked_of(http, call("tools/list", cursor=first["nextCursor"]))).json()["result"]

    names = [tool["name"] for tool in first["tools"] + rest["tools"]]
    assert len(first["tools"]) == 100
    assert "nextCursor" not in rest
    assert len(names) == len(set(names))
    assert {"echo", "page0", "page100"} <= set(names)
    for assistant in made:
        await client.assistants.delete(assistant["assistant_id"])


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (call("bogus"), -32601),
        (call("resources/list"), -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": 5}, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}, -32602),
        (call("tools/list", cursor="x"), -32602),
        (call("tools/list", cursor=5), -32602),
        (call("tools/call", name="nope"), -32602),
        (call("tools/call", name=["nope"]), -32602),
        (call("tools/call"), -32602),
        (call("tools/call", name="echo", arguments=[]), -32602),
    ],
)
async def test_nonsense_is_refused_by_number(http: httpx.AsyncClient, message: Any, code: int) -> None:
    response = await asked_of(http, message)
    assert (response.status_code, response.json()["error"]["code"]) == (200, code)


@pytest.mark.parametrize(
    "message", [{"jsonrpc": "2.0", "method": "notifications/initialized"}, {"jsonrpc": "2.0", "id": 1, "result": {}}]
)
async def test_what_wants_no_answer_gets_none(http: httpx.AsyncClient, message: Any) -> None:
    response = await asked_of(http, message)
    assert (response.status_code, response.content) == (202, b"")


@pytest.mark.parametrize(
    "content", [b"", b"xx", b"[]", b"5", b'{"id":1,"method":"ping"}', b'{"jsonrpc":"2.0","id":{},"method":"ping"}']
)
async def test_what_is_no_message_is_a_bad_request(http: httpx.AsyncClient, content: bytes) -> None:
    response = await http.post("/mcp", content=content, headers=HEADERS)
    assert (response.status_code, set(response.json())) == (400, {"error"})


@pytest.mark.parametrize(
    ("accept", "status"), [("application/json", 200), ("text/event-stream", 200), ("*/*", 400), ("text/html", 400)]
)
async def test_who_takes_neither_json_nor_a_stream_is_refused(
    http: httpx.AsyncClient, accept: str, status: int
) -> None:
    assert (await asked_of(http, call("ping"), accept=accept)).status_code == status


async def test_there_are_no_streams_and_no_sessions(http: httpx.AsyncClient) -> None:
    assert (await http.get("/mcp")).status_code == 405
    assert (await http.delete("/mcp")).status_code == 404
    slashed = await http.post("/mcp/", json=call("ping"), headers=HEADERS)
    assert (slashed.status_code, slashed.headers["location"].endswith("/mcp")) == (307, True)


async def test_a_tool_that_takes_its_time_shows_signs_of_life(http: httpx.AsyncClient) -> None:
    response = await asked_of(http, call("tools/call", name="sleepy", arguments={"seconds": 1.5}))
    assert response.content.startswith(b"\n")
    assert "'slept': True" in response.json()["result"]["content"][0]["text"]

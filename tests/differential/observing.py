"""What a server answered, without what differs from one run of the same script to the next."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from tests.support.sse import HEARTBEAT

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)")
HEX = re.compile(r"\b[0-9a-f]{32}\b")
URL = re.compile(r"http://127\.0\.0\.1:\d+")
#: Facts about the server itself, and moments as numbers.
OF_THE_SERVER = frozenset(
    {
        "langgraph_version",
        "langgraph_api_version",
        "langgraph_plan",
        "langgraph_host",
        "langgraph_api_url",
        "langchain-core",
        "__request_start_time_ms__",
        "total_bytes",
        "bytes",
        "versions_seen",
        "channel_versions",
    }
)
HEADERS = ("content-type", "location", "content-location", "x-pagination-total", "x-pagination-next", "allow")
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Observation:
    name: str
    #: Method and path, for the report.
    call: str
    answer: dict[str, Any]


@dataclass
class Observer:
    """Makes the calls of a script and writes down the answers."""

    http: httpx.AsyncClient
    seen: list[Observation] = field(default_factory=list)
    #: Ids by the name that the script gives them, so that both servers' answers name the same things alike.
    names: dict[str, str] = field(default_factory=dict)

    async def call(
        self, name: str, method: str, path: str, body: Any = None, *, headers: Json | None = None, silent: bool = False
    ) -> Any:
        """The document as the server sent it; of a stream the list of its events."""
        content = None if body is None else orjson.dumps(body)
        response = await self.http.request(method, path, content=content, headers=dict(headers or {}))
        document = read(response)
        if not silent:
            answer = {"status": response.status_code, "headers": headers_of(response), "body": document}
            self.seen.append(Observation(name, f"{method} {self.plain(path)}", self.plain(answer)))
        return document

    def name(self, value: str, name: str) -> str:
        self.names[value] = f"<{name}>"
        return value

    def plain(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.plain_text(value)
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        if isinstance(value, dict):
            return {
                self.plain_text(key): "<server>" if key in OF_THE_SERVER else self.plain(item)
                for key, item in value.items()
            }
        return value

    def plain_text(self, text: str) -> str:
        text = UUID.sub(lambda match: self.names.get(match[0], "<uuid>"), text)
        text = HEX.sub("<hex>", INSTANT.sub("<time>", text))
        return URL.sub("<url>", text)


def headers_of(response: httpx.Response) -> dict[str, str]:
    return {name: response.headers[name] for name in HEADERS if name in response.headers}


def read(response: httpx.Response) -> Any:
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        return events(response.content)
    try:
        return orjson.loads(response.content) if response.content else None
    except orjson.JSONDecodeError:
        return response.text


def events(content: bytes) -> list[dict[str, Any]]:
    """Whether events have ids is told; which ones is each server's own choice."""
    found = []
    for block in content.replace(HEARTBEAT, b"").split(b"\r\n\r\n"):
        fields = dict(line.split(b": ", 1) for line in block.split(b"\r\n") if b": " in line)
        if b"event" in fields:
            data = orjson.loads(fields[b"data"])
            found.append({"event": fields[b"event"].decode(), "data": data, "has_id": b"id" in fields})
    return found

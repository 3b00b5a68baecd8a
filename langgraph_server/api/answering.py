"""A JSON answer from those who stand before the views: as ASGI messages."""

from collections.abc import Mapping
from typing import Any

from langgraph_server import encoding

NONE: Mapping[str, str] = {}


async def send_json(send: Any, status: int, document: Any, headers: Mapping[str, str] = NONE) -> None:
    told = encoded({"content-type": "application/json", **headers})
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": encoding.dumps(document)})


def encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]

"""Request bodies as they arrive: counted while they are read, refused when they grow too large or stop coming."""

import asyncio
from typing import Any

from langgraph_server import encoding

#: Seconds that a client may leave us waiting for the next part.
PATIENCE = 30.0


async def read_body(receive: Any, send: Any, limit: int) -> bytes | None:
    """None if it was refused."""
    chunks: list[bytes] = []
    size = 0
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                message = await receive()
        except TimeoutError:
            await refuse(send, 408, "Request body stopped arriving")
            return None
        if message["type"] == "http.disconnect":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            await refuse(send, 413, f"Request body too large (limit: {limit} bytes)")
            return None
        if not message.get("more_body", False):
            return b"".join(chunks)


async def refuse(send: Any, status: int, detail: str) -> None:
    # The rest of the body is not read, so the connection cannot be used again.
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": encoding.dumps({"detail": detail})})

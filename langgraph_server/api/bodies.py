"""Request bodies as they arrive: counted while they are read, refused when they grow too large or stop coming."""

import asyncio
from typing import Any

from langgraph_server.api.answering import send_json

#: Seconds that a client may leave us waiting for the next part.
PATIENCE = 30.0
#: The rest of the body is not read, so the connection cannot be used again.
NO_MORE = {"connection": "close"}


async def read_body(receive: Any, send: Any, limit: int) -> bytes | None:
    """None if it was refused."""
    chunks: list[bytes] = []
    size = 0
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                message = await receive()
        except TimeoutError:
            await send_json(send, 408, {"detail": "Request body stopped arriving"}, NO_MORE)
            return None
        if message["type"] == "http.disconnect":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            await send_json(send, 413, {"detail": f"Request body too large (limit: {limit} bytes)"}, NO_MORE)
            return None
        if not message.get("more_body", False):
            return b"".join(chunks)

"""Request bodies as they arrive: counted while they are read, refused when they grow too large."""

from typing import Any

from langgraph_server import encoding


async def read_body(receive: Any, limit: int) -> bytes | None:
    """None if it is larger than allowed."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            return None
        if not message.get("more_body", False):
            return b"".join(chunks)


async def too_large(send: Any, limit: int) -> None:
    body = encoding.dumps({"detail": f"Request body too large (limit: {limit} bytes)"})
    # The rest of the body is not read, so the connection cannot be used again.
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""Django's WSGI application on a bounded pool of threads: one hop to a thread and one back for each request.

a2wsgi's own middleware hops for every part of a response, which costs more than Django itself (docs/decisions/0006).
Requests and responses are held in memory whole; what streams is not served here.
"""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from urllib.parse import quote_from_bytes
from wsgiref.types import WSGIApplication

from a2wsgi.wsgi import build_environ

from langgraph_server.api.bodies import read_body

Headers = list[tuple[bytes, bytes]]
#: Whether the server is there. Who asks that takes it away if the answer is late, however much there is to do.
PROBES = {"/", "/ok"}


class OnThreads:
    def __init__(self, application: WSGIApplication, *, threads: int, max_body: int) -> None:
        self.application = application
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="django")
        self.kept_free = ThreadPoolExecutor(1, thread_name_prefix="probes")
        self.max_body = max_body

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = await read_body(receive, send, self.max_body)
        if body is None:
            return
        loop = asyncio.get_running_loop()
        pool = self.kept_free if is_probe(scope) else self.pool
        status, headers, content = await loop.run_in_executor(pool, self.respond, scope, body)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def respond(self, scope: Any, body: bytes) -> tuple[int, Headers, bytes]:
        answer: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            answer.append((status, headers))

        chunks = self.application(environ(scope, body), start_response)
        try:
            content = b"".join(chunks)
        finally:
            close(chunks)
        status, headers = answer[-1]
        return int(status[:3]), [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers], content


def is_probe(scope: Any) -> bool:
    """One that asks the database, too, waits as everything does that needs it."""
    return scope["path"] in PROBES and not scope["query_string"]


def environ(scope: Any, body: bytes) -> Any:
    query = scope["query_string"]
    if not query.isascii():
        scope = {**scope, "query_string": quote_from_bytes(query, safe="=&%+").encode()}
    built: Any = build_environ(scope, BytesIO(body))  # type: ignore[arg-type] # its type for bodies is its own
    # A chunked request has no length of its own, and Django reads no further than this.
    built["CONTENT_LENGTH"] = str(len(body))
    return built


def close(chunks: Iterable[bytes]) -> None:
    """Django ends the request here: its connections are looked after, its signals are sent."""
    if hasattr(chunks, "close"):
        chunks.close()

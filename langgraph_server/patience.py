"""HTTP as uvicorn speaks it, but a client that began a request has to get on with it."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Seconds for the head of a request, from its first byte, or from the connection on.
PATIENCE = 10.0


class PatientProtocol(HttpToolsProtocol):
    waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self.heard()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.wait()

    def on_headers_complete(self) -> None:
        self.heard()
        super().on_headers_complete()

    def wait(self) -> None:
        self.heard()
        self.waiting = self.loop.call_later(PATIENCE, self.transport.close)

    def heard(self) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

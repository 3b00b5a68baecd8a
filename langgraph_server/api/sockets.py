"""The base of websockets: who may not connect is refused before the handshake, which clients see as 403."""

import contextlib
import logging
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from langgraph_server.api import errors
from langgraph_server.api.access import Access
from langgraph_server.api.resources import resources
from langgraph_server.auth.holding import held

logger = logging.getLogger(__name__)

#: RFC 6455: who is there may not be.
POLICY = 1008


class Socket(Access, AsyncWebsocketConsumer):
    """Subclasses refuse in `enter`, begin in `opened`, answer in `receive`, and let go in `closed`."""

    #: A layer would cost each socket a connection to Redis: nobody sends to sockets that way.
    channel_layer_alias = "none"

    async def key_ended(self) -> None:
        await self.leave(POLICY, "the key is not good any more")

    async def connect(self) -> None:
        self.key = contextlib.ExitStack()
        try:
            self.resources = await resources()
            await self.recognise()
            self.enter()
            if not await self.accepted():
                return
            self.key.enter_context(held(self.principal, self.key_ended, self.resources.rows))
            await self.opened()
        except Exception as error:  # noqa: BLE001 - the one door: whatever refuses a client closes the socket
            await self.refuse(error)

    async def accepted(self) -> bool:
        """False: the client has left already, which `disconnect` is told next."""
        try:
            await self.accept()
        except OSError:
            return False
        return True

    async def refuse(self, error: Exception) -> None:
        """Before `accept` this is a 403."""
        if errors.answer(error) is None:
            logger.exception("unexpected error", exc_info=error, extra={"path": self.scope["path"]})
        await self.close()

    def enter(self) -> None:
        """What this raises keeps the client out."""

    async def opened(self) -> None: ...

    async def closed(self) -> None: ...

    async def tell(self, document: bytes) -> None:
        with contextlib.suppress(OSError):  # the client has left, which `disconnect` is told next
            await self.send(text_data=document.decode())

    async def leave(self, code: int, reason: str) -> None:
        with contextlib.suppress(OSError):
            await self.close(code=code, reason=reason)

    async def disconnect(self, code: int) -> None:
        self.key.close()
        await self.closed()


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """Where there is no websocket."""
    await receive()
    await send({"type": "websocket.close"})

"""The event protocol over a websocket: commands in, their answers and the thread's envelopes out."""

import asyncio
import logging

from langgraph_server import encoding
from langgraph_server.api import errors
from langgraph_server.api.parsing import NotJson, parse_json
from langgraph_server.api.sockets import Socket
from langgraph_server.background import end
from langgraph_server.errors import Invalid
from runs.api import commands
from runs.api.commands import NO_COMMAND, Caller, Json
from runs.api.serializers import thread_uuid
from runs.api.subscriptions import Session

logger = logging.getLogger(__name__)

NOT_JSON = "Protocol commands must be valid JSON."
ENDED = 1011


class EventsSocket(Socket):
    following: asyncio.Task[None] | None = None

    def enter(self) -> None:
        thread_id = thread_uuid(self.parameters["thread_id"])
        self.session = Session(Caller(thread_id, self.resources, self, self.headers), self.tell)

    async def opened(self) -> None:
        self.following = asyncio.create_task(self.follow(), name=f"follow {self.session.caller.thread_id}")

    async def follow(self) -> None:
        try:
            await self.session.follow()
        except Exception as error:  # the client is told and may come back
            if errors.answer(error) is None:
                logger.exception("a thread's stream failed", extra={"path": self.scope["path"]})
            await self.leave(ENDED, "thread stream ended")

    async def closed(self) -> None:
        if self.following is not None:
            await end(self.following)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            command = parse_json((text_data or "").encode() if bytes_data is None else bytes_data)
        except Invalid as error:
            told = NOT_JSON if isinstance(error, NotJson) else str(error)
            await self.answer(commands.refused(None, "invalid_argument", told))
            return
        if commands.is_command(command):
            await self.answer(await self.session.answer(command))
        else:
            named = command.get("id") if isinstance(command, dict) else None
            await self.answer(commands.refused(named, "invalid_argument", NO_COMMAND))

    async def answer(self, document: Json) -> None:
        await self.tell(encoding.dumps(document))

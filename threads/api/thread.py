"""One thread over HTTP."""

from typing import Any, ClassVar
from uuid import UUID, uuid4

from langgraph_server.api.streaming import WaitingView, object_of
from langgraph_server.api.views import validated
from langgraph_server.checkpoints import upkeep
from langgraph_server.encryption import parts
from langgraph_server.encryption.documents import opened
from langgraph_server.errors import Conflict
from threads import lifecycle, retention
from threads.api.ids import lenient_uuid, thread_uuid
from threads.api.serializers import PATCH, ThreadPatchBody, thread_object, ttl_object
from threads.desk import desk_of
from threads.errors import ThreadNotFound
from threads.models import Thread


class ThreadRoute(WaitingView):
    @property
    def thread_id(self) -> UUID:
        return thread_uuid(self.parameter("thread_id"))

    async def show_row(self, thread: Thread, **more: Any) -> None:
        await self.respond(200, await opened("thread", "", {**thread_object(thread), **more}))


class ThreadView(ThreadRoute):
    bodies: ClassVar = {"patch": ThreadPatchBody}

    async def get(self, body: bytes) -> None:
        key = self.thread_id
        visible = await self.authorize("threads", "read", {"thread_id": key})
        thread = await desk_of(self.resources).get(key, visible=visible)
        included = "ttl" in self.query.get("include", "").split(",")
        await self.show_row(thread, **({"ttl": ttl_object(thread)} if included else {}))

    async def patch(self, body: bytes) -> None:
        key, wanted = self.thread_id, validated(PATCH, object_of(body))
        asked: dict[str, Any] = {"thread_id": key, **wanted}
        visible = await self.authorize("threads", "update", asked)
        ttl = retention.wished(asked["ttl"]) if "ttl" in asked else None
        metadata = await parts.metadata("thread", asked.get("metadata") or {})
        thread = await self.resources.rows.call(lifecycle.update, key, metadata=metadata, ttl=ttl, visible=visible)
        if self.headers.get("prefer") == "return=minimal":
            await self.send_response(204, b"")
        else:
            await self.show_row(thread)

    async def delete(self, body: bytes) -> None:
        key = self.thread_id
        visible = await self.authorize("threads", "delete", {"thread_id": key})
        await self.resources.searches.call(lifecycle.delete, key, visible=visible)
        await self.send_response(204, b"")


class ThreadCopyView(ThreadRoute):
    async def post(self, body: bytes) -> None:
        source = lenient_uuid(self.parameter("thread_id"), "badly formed hexadecimal UUID string")
        made: dict[str, Any] = {"thread_id": uuid4()}
        visible = await self.authorize("threads", "read", {"thread_id": source})
        await self.authorize("threads", "create", made)
        metadata = await parts.metadata("thread", made.get("metadata") or {})
        try:
            copied = await self.resources.searches.call(
                lifecycle.copy, source, to=made["thread_id"], metadata=metadata, visible=visible
            )
        except ThreadNotFound:
            # What the reference answers, and so what clients expect.
            raise Conflict from None
        await self.show_row(copied)


class ThreadStorageView(ThreadRoute):
    async def get(self, body: bytes) -> None:
        key = self.thread_id
        visible = await self.authorize("threads", "read", {"thread_id": key})
        thread = await desk_of(self.resources).get(key, visible=visible)
        await self.respond(200, await self.resources.searches.call(upkeep.storage, thread.thread_id))

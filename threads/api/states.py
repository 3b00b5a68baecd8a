"""Threads over HTTP, where the graph is asked: their state and its history."""

from collections.abc import Mapping
from typing import Any, ClassVar

from langgraph_server.api.streaming import object_of
from langgraph_server.api.views import validated
from langgraph_server.errors import Invalid
from langgraph_server.streams import notices
from threads import state
from threads.api.serializers import (
    HISTORY,
    STATE,
    STATE_AT,
    ThreadHistoryBody,
    ThreadStateAtBody,
    ThreadStateBody,
)
from threads.api.thread import ThreadRoute
from threads.state import ADDRESS


class StateRoute(ThreadRoute):
    async def show(self, checkpoint: Mapping[str, Any] | None, *, subgraphs: bool) -> None:
        thread_id = self.thread_id
        visible = await self.authorize("threads", "read", {"thread_id": thread_id})
        found = await state.read(
            thread_id,
            self.resources,
            checkpoint=checkpoint,
            subgraphs=subgraphs,
            caller=self.visitor,
            visible=visible,
        )
        await self.respond(200, found)


class StateView(StateRoute):
    bodies: ClassVar = {"post": ThreadStateBody}

    async def get(self, body: bytes) -> None:
        await self.show(None, subgraphs=self.flag("subgraphs"))

    async def post(self, body: bytes) -> None:
        wanted = validated(STATE, object_of(body))
        checkpoint = dict(wanted.get("checkpoint") or {})
        if wanted.get("checkpoint_id"):
            checkpoint["checkpoint_id"] = wanted["checkpoint_id"]
        values = wanted.get("values")
        if values is not None and not isinstance(values, (dict, list)):
            raise Invalid(detail="values must be an object, an array of updates or null")
        thread_id = self.thread_id
        visible = await self.authorize("threads", "update", {"thread_id": thread_id})
        written = await state.update(
            thread_id,
            self.resources,
            values=values,
            as_node=wanted.get("as_node"),
            checkpoint=checkpoint,
            caller=self.visitor,
            visible=visible,
        )
        reader = self.resources.reader
        await notices.tell(reader.redis, reader.prefix, thread_id, notices.STATE)
        await self.respond(200, written)


class StateAtView(StateRoute):
    async def get(self, body: bytes) -> None:
        checkpoint = {"checkpoint_id": self.parameters.get("checkpoint_id", "checkpoint")}
        await self.show(checkpoint, subgraphs=self.flag("subgraphs"))


class StateAtAddressView(StateAtView):
    """Where the body gives the checkpoint's whole address; read as an id, the path's last word leads nowhere."""

    bodies: ClassVar = {"post": ThreadStateAtBody}

    async def post(self, body: bytes) -> None:
        wanted = validated(STATE_AT, object_of(body))
        await self.show(wanted["checkpoint"], subgraphs=wanted["subgraphs"])


class HistoryView(ThreadRoute):
    bodies: ClassVar = {"post": ThreadHistoryBody}

    async def get(self, body: bytes) -> None:
        before = self.query.get("before")
        await self.show_history(limit=self.limit(), before={"checkpoint_id": before} if before else None)

    async def post(self, body: bytes) -> None:
        await self.show_history(**validated(HISTORY, object_of(body)))

    def limit(self) -> int:
        text = self.query.get("limit", "1")
        if not text.isdecimal() or not 1 <= int(text) <= 1000:
            raise Invalid(detail=f"Invalid limit {text}")
        return int(text)

    async def show_history(self, *, limit: int, **asked: Any) -> None:
        filters = {key: value for key, value in asked.items() if value is not None}
        for key in ("before", "checkpoint"):
            check_address(filters.get(key))
        thread_id = self.thread_id
        visible = await self.authorize("threads", "read", {"thread_id": thread_id})
        who: dict[str, Any] = {"caller": self.visitor, "visible": visible}
        await self.respond(200, await state.history(thread_id, self.resources, limit=limit, **filters, **who))


def check_address(address: Any) -> None:
    inner = address.get("configurable", address) if isinstance(address, dict) else {}
    if not isinstance(inner, dict) or not all(isinstance(inner.get(key, ""), (str, dict)) for key in ADDRESS):
        raise Invalid(detail="a checkpoint's address holds checkpoint_id, checkpoint_ns and checkpoint_map")

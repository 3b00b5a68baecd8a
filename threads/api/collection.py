"""Threads over HTTP, made, searched, counted and pruned."""

from typing import Any, ClassVar

from langgraph_server.api.answering import encoded
from langgraph_server.api.pagination import page
from langgraph_server.api.streaming import WaitingView, object_of
from langgraph_server.api.views import validated
from langgraph_server.encryption import parts
from langgraph_server.encryption.documents import opened
from langgraph_server.errors import Invalid
from langgraph_server.ids import uuid7
from threads import extraction, lifecycle, retention, searching, state
from threads.api.ids import lenient_uuid, thread_uuid
from threads.api.serializers import (
    COUNT,
    CREATE,
    PRUNE,
    RESERVED,
    SEARCH,
    ThreadCountBody,
    ThreadCreateBody,
    ThreadPruneBody,
    ThreadSearchBody,
    extracted,
    thread_object,
)
from threads.api.thread import ThreadRoute
from threads.choices import TtlStrategy
from threads.desk import desk_of
from threads.errors import ThreadHasNoGraph
from threads.models import Thread
from threads.sealing import reveal
from threads.searching import Search

MOST_EXTRACTS = 10


class ThreadsView(ThreadRoute):
    bodies: ClassVar = {"post": ThreadCreateBody}

    async def post(self, body: bytes) -> None:
        wanted = validated(CREATE, object_of(body))
        asked: dict[str, Any] = {
            "thread_id": thread_uuid(wanted["thread_id"]) if "thread_id" in wanted else uuid7(),
            "metadata": wanted["metadata"],
            "if_exists": wanted["if_exists"],
        }
        if "ttl" in wanted:
            asked["ttl"] = wanted["ttl"]
        visible = await self.authorize("threads", "create", asked)
        thread = Thread(
            thread_id=asked["thread_id"],
            metadata=await parts.metadata("thread", asked["metadata"]),
            **lifecycle.ttl_fields(retention.wished(asked.get("ttl"))),
        )
        if "thread_id" in wanted:
            how: dict[str, Any] = {"if_exists": wanted["if_exists"], "visible": visible}
            thread = await self.resources.rows.call(lifecycle.create, thread, **how)
        else:
            thread = await desk_of(self.resources).make(thread)
        if not wanted.get("supersteps"):
            await self.show_row(thread)
            return
        try:
            await state.update_in_bulk(thread.thread_id, self.resources, wanted["supersteps"], caller=self.visitor)
        except ThreadHasNoGraph as error:
            told = f"Thread {thread.thread_id} was created, but there were problems updating the state: {error}"
            await self.respond(201, {"detail": told})
            return
        await self.show_row(await self.resources.rows.call(lifecycle.get, thread.thread_id))


class ThreadSearchView(WaitingView):
    bodies: ClassVar = {"post": ThreadSearchBody}

    async def post(self, body: bytes) -> None:
        wanted = validated(SEARCH, object_of(body))
        ids = [lenient_uuid(value, f"Invalid thread ID {value}") for value in wanted["ids"]]
        extract = wanted.pop("extract")
        if len(extract) > MOST_EXTRACTS:
            raise Invalid(detail=f"extract may have at most {MOST_EXTRACTS} entries")
        paths = extraction.parse(extract, reserved=RESERVED)
        needed = {*wanted["select"], *(str(path[0]) for path in paths.values())} if wanted["select"] else ()
        asked = {name: wanted.get(name) for name in ("metadata", "values", "status", "limit", "offset")}
        visible = await self.authorize("threads", "search", asked)
        criteria = {**wanted, "ids": ids, "select": needed, "metadata": asked["metadata"]}
        rows = await desk_of(self.resources).find(Search(**criteria, visible=visible))
        shown, headers = page(rows, limit=wanted["limit"], offset=wanted["offset"])
        objects = [thread_object(thread, wanted["select"]) for thread in shown]
        if paths:
            await reveal(shown)
            for told, thread in zip(objects, shown, strict=True):
                told["extracted"] = extracted(thread, paths)
        await self.respond(200, await opened("thread", "", objects), encoded(headers))


class ThreadCountView(WaitingView):
    bodies: ClassVar = {"post": ThreadCountBody}

    async def post(self, body: bytes) -> None:
        wanted = validated(COUNT, object_of(body))
        asked = {**wanted, "status": wanted.get("status"), "limit": 0, "offset": 0}
        visible = await self.authorize("threads", "search", asked)
        found = await self.resources.searches.call(searching.count, Search(**asked, visible=visible))
        await self.respond(200, found)


class ThreadPruneView(WaitingView):
    bodies: ClassVar = {"post": ThreadPruneBody}

    async def post(self, body: bytes) -> None:
        wanted = validated(PRUNE, object_of(body))
        thread_ids = [thread_uuid(value) for value in wanted["thread_ids"]]
        prune = lifecycle.delete_rows if wanted["strategy"] == TtlStrategy.DELETE else lifecycle.keep_latest
        visible = await self.authorize("threads", "delete", {"thread_ids": thread_ids})
        pruned = await self.resources.searches.call(prune, thread_ids, visible=visible)
        await self.respond(200, {"pruned_count": pruned})

"""Threads over HTTP, where their rows suffice."""

from typing import Any
from uuid import UUID, uuid4

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from langgraph_server.api.pagination import page
from langgraph_server.api.views import ApiView, validated
from langgraph_server.checkpoints import upkeep
from langgraph_server.encryption import parts
from langgraph_server.encryption.documents import here
from langgraph_server.errors import BadRequest, Conflict, Invalid
from langgraph_server.ids import parse_uuid
from threads import extraction, lifecycle, retention
from threads.api.serializers import (
    COUNT,
    PATCH,
    PRUNE,
    RESERVED,
    SEARCH,
    ThreadCountBody,
    ThreadPatchBody,
    ThreadPruneBody,
    ThreadSearchBody,
    extracted,
    thread_object,
    ttl_object,
)
from threads.choices import TtlStrategy
from threads.errors import ThreadNotFound
from threads.models import Thread
from threads.sealing import reveal

BAD_ID = "Invalid thread ID: must be a UUID"
MOST_EXTRACTS = 10


def thread_uuid(value: str) -> UUID:
    return parse_uuid(value, detail=BAD_ID)


def lenient_uuid(value: str, detail: str) -> UUID:
    """Where the wire answers a malformed id with 400."""
    try:
        return UUID(value)
    except ValueError:
        raise BadRequest(detail=detail) from None


class ThreadView(ApiView):
    @extend_schema(responses=dict)
    def get(self, request: Request, thread_id: str) -> Response:
        key = thread_uuid(thread_id)
        thread = lifecycle.get(key, visible=self.authorize("threads", "read", {"thread_id": key}))
        shown = thread_object(thread)
        if "ttl" in request.query_params.get("include", "").split(","):
            shown["ttl"] = ttl_object(thread)
        return Response(shown)

    @extend_schema(request=ThreadPatchBody, responses=dict)
    def patch(self, request: Request, thread_id: str) -> Response:
        key, body = thread_uuid(thread_id), validated(PATCH, request.data)
        asked: dict[str, Any] = {"thread_id": key, **body}
        visible = self.authorize("threads", "update", asked)
        ttl = retention.wished(asked["ttl"]) if "ttl" in asked else None
        metadata = here(parts.metadata("thread", asked.get("metadata") or {}))
        thread = lifecycle.update(key, metadata=metadata, ttl=ttl, visible=visible)
        if request.headers.get("Prefer") == "return=minimal":
            return Response(status=204)
        return Response(thread_object(thread))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, thread_id: str) -> Response:
        key = thread_uuid(thread_id)
        lifecycle.delete(key, visible=self.authorize("threads", "delete", {"thread_id": key}))
        return Response(status=204)


class ThreadSearchView(ApiView):
    @extend_schema(request=ThreadSearchBody, responses={200: list[dict[str, Any]]})
    def post(self, request: Request) -> Response:
        body = validated(SEARCH, request.data)
        ids = [lenient_uuid(value, f"Invalid thread ID {value}") for value in body["ids"]]
        if len(body["extract"]) > MOST_EXTRACTS:
            raise Invalid(detail=f"extract may have at most {MOST_EXTRACTS} entries")
        paths = extraction.parse(body["extract"], reserved=RESERVED)
        needed = {*body["select"], *(str(path[0]) for path in paths.values())} if body["select"] else ()
        asked = {name: body.get(name) for name in ("metadata", "values", "status", "limit", "offset")}
        visible = self.authorize("threads", "search", asked)
        wanted = {**body, "ids": ids, "select": needed, "metadata": asked["metadata"]}
        found = Thread.objects.listed().visible(visible).search(**wanted)
        rows = list(found[body["offset"] : body["offset"] + body["limit"] + 1])
        shown, headers = page(rows, limit=body["limit"], offset=body["offset"])
        objects = [thread_object(thread, body["select"]) for thread in shown]
        if paths:
            here(reveal(shown))
            objects = [
                {**shown_one, "extracted": extracted(thread, paths)}
                for shown_one, thread in zip(objects, shown, strict=True)
            ]
        return Response(objects, headers=headers)


class ThreadCountView(ApiView):
    @extend_schema(request=ThreadCountBody, responses=int)
    def post(self, request: Request) -> Response:
        body = validated(COUNT, request.data)
        asked = {**body, "status": body.get("status"), "limit": 0, "offset": 0}
        visible = self.authorize("threads", "search", asked)
        return Response(Thread.objects.listed().visible(visible).search(**asked).count())


class ThreadCopyView(ApiView):
    bodied = frozenset()

    @extend_schema(request=None, responses=dict)
    def post(self, request: Request, thread_id: str) -> Response:
        source = lenient_uuid(thread_id, "badly formed hexadecimal UUID string")
        made: dict[str, Any] = {"thread_id": uuid4()}
        visible = self.authorize("threads", "read", {"thread_id": source})
        self.authorize("threads", "create", made)
        try:
            metadata = here(parts.metadata("thread", made.get("metadata") or {}))
            copied = lifecycle.copy(source, to=made["thread_id"], metadata=metadata, visible=visible)
            return Response(thread_object(copied))
        except ThreadNotFound:
            # What the reference answers, and so what clients expect.
            raise Conflict from None


class ThreadPruneView(ApiView):
    @extend_schema(request=ThreadPruneBody, responses=dict)
    def post(self, request: Request) -> Response:
        body = validated(PRUNE, request.data)
        thread_ids = [thread_uuid(value) for value in body["thread_ids"]]
        prune = lifecycle.delete_rows if body["strategy"] == TtlStrategy.DELETE else lifecycle.keep_latest
        visible = self.authorize("threads", "delete", {"thread_ids": thread_ids})
        return Response({"pruned_count": prune(thread_ids, visible=visible)})


class ThreadStorageView(ApiView):
    @extend_schema(responses=dict)
    def get(self, request: Request, thread_id: str) -> Response:
        key = thread_uuid(thread_id)
        visible = self.authorize("threads", "read", {"thread_id": key})
        return Response(upkeep.storage(lifecycle.get(key, visible=visible).thread_id))

"""Threads over HTTP, where their rows suffice."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from langgraph_server.api.pagination import page
from langgraph_server.api.views import ApiView, validated
from langgraph_server.checkpoints import upkeep
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
        thread = lifecycle.get(thread_uuid(thread_id))
        shown = thread_object(thread)
        if "ttl" in request.query_params.get("include", "").split(","):
            shown["ttl"] = ttl_object(thread)
        return Response(shown)

    @extend_schema(request=ThreadPatchBody, responses=dict)
    def patch(self, request: Request, thread_id: str) -> Response:
        body = validated(PATCH, request.data)
        ttl = retention.wished(body["ttl"]) if "ttl" in body else None
        thread = lifecycle.update(thread_uuid(thread_id), metadata=body.get("metadata"), ttl=ttl)
        if request.headers.get("Prefer") == "return=minimal":
            return Response(status=204)
        return Response(thread_object(thread))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, thread_id: str) -> Response:
        lifecycle.delete(thread_uuid(thread_id))
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
        found = Thread.objects.listed().search(**{**body, "ids": ids, "select": needed})
        rows = list(found[body["offset"] : body["offset"] + body["limit"] + 1])
        shown, headers = page(rows, limit=body["limit"], offset=body["offset"])
        objects = [thread_object(thread, body["select"]) for thread in shown]
        if paths:
            objects = [
                {**shown_one, "extracted": extracted(thread, paths)}
                for shown_one, thread in zip(objects, shown, strict=True)
            ]
        return Response(objects, headers=headers)


class ThreadCountView(ApiView):
    @extend_schema(request=ThreadCountBody, responses=int)
    def post(self, request: Request) -> Response:
        return Response(Thread.objects.listed().search(**validated(COUNT, request.data)).count())


class ThreadCopyView(ApiView):
    bodied = frozenset()

    @extend_schema(request=None, responses=dict)
    def post(self, request: Request, thread_id: str) -> Response:
        source = lenient_uuid(thread_id, "badly formed hexadecimal UUID string")
        try:
            return Response(thread_object(lifecycle.copy(source)))
        except ThreadNotFound:
            # What the reference answers, and so what clients expect.
            raise Conflict from None


class ThreadPruneView(ApiView):
    @extend_schema(request=ThreadPruneBody, responses=dict)
    def post(self, request: Request) -> Response:
        body = validated(PRUNE, request.data)
        thread_ids = [thread_uuid(value) for value in body["thread_ids"]]
        prune = lifecycle.delete_rows if body["strategy"] == TtlStrategy.DELETE else lifecycle.keep_latest
        return Response({"pruned_count": prune(thread_ids)})


class ThreadStorageView(ApiView):
    @extend_schema(responses=dict)
    def get(self, request: Request, thread_id: str) -> Response:
        return Response(upkeep.storage(lifecycle.get(thread_uuid(thread_id)).thread_id))

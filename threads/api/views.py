"""Threads over HTTP."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from langgraph_server.api.pagination import page
from langgraph_server.api.views import ApiView, validated
from langgraph_server.errors import BadRequest
from langgraph_server.ids import parse_uuid
from threads import lifecycle
from threads.api.serializers import CREATE, SEARCH, CreateBody, SearchBody, thread_object
from threads.models import Thread

BAD_ID = "Invalid thread ID: must be a UUID"


def thread_uuid(value: str) -> UUID:
    return parse_uuid(value, detail=BAD_ID)


def search_uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise BadRequest(detail=f"Invalid thread ID {value}") from None


class ThreadsView(ApiView):
    @extend_schema(request=CreateBody, responses=dict)
    def post(self, request: Request) -> Response:
        body = validated(CREATE, request.data)
        thread_id = thread_uuid(body["thread_id"]) if "thread_id" in body else None
        thread = lifecycle.create(thread_id=thread_id, metadata=body["metadata"], if_exists=body["if_exists"])
        return Response(thread_object(thread))


class ThreadView(ApiView):
    @extend_schema(responses=dict)
    def get(self, request: Request, thread_id: str) -> Response:
        return Response(thread_object(lifecycle.get(thread_uuid(thread_id))))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, thread_id: str) -> Response:
        lifecycle.delete(thread_uuid(thread_id))
        return Response(status=204)


class ThreadSearchView(ApiView):
    @extend_schema(request=SearchBody, responses={200: list[dict[str, Any]]})
    def post(self, request: Request) -> Response:
        body = validated(SEARCH, request.data)
        ids = [search_uuid(value) for value in body["ids"]]
        found = Thread.objects.listed().search(**{**body, "ids": ids})
        rows = list(found[body["offset"] : body["offset"] + body["limit"] + 1])
        shown, headers = page(rows, limit=body["limit"], offset=body["offset"])
        return Response([thread_object(thread, body["select"]) for thread in shown], headers=headers)

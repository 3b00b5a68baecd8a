"""Assistants over HTTP, where their rows suffice."""

from typing import Any
from uuid import UUID, uuid4

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from assistants import lifecycle, versions
from assistants.api.serializers import (
    COUNT,
    CREATE,
    LATEST,
    PATCH,
    SEARCH,
    VERSIONS,
    AssistantCountBody,
    AssistantCreateBody,
    AssistantLatestBody,
    AssistantPatchBody,
    AssistantSearchBody,
    AssistantVersionsBody,
    assistant_object,
    version_object,
)
from assistants.models import Assistant
from assistants.querysets import AssistantQuerySet
from assistants.sealing import sealed
from langgraph_server.api.pagination import page
from langgraph_server.api.views import ApiView, validated
from langgraph_server.encryption.documents import here
from langgraph_server.graphs.registry import registry
from langgraph_server.ids import parse_uuid

BAD_ID = "Invalid assistant ID: must be a UUID"


def assistant_uuid(value: str) -> UUID:
    return parse_uuid(value, detail=BAD_ID)


def unchanged() -> dict[str, Any]:
    """What a handler finds of an update that does not mention it."""
    return {"graph_id": None, "config": {}, "context": None, "metadata": {}, "name": None}


def matching(view: ApiView, body: dict[str, Any], *, limit: int, offset: int) -> AssistantQuerySet:
    if "graph_id" in body:
        registry().spec(body["graph_id"])
    asked = {"graph_id": body.get("graph_id"), "metadata": body["metadata"], "limit": limit, "offset": offset}
    visible = view.authorize("assistants", "search", asked)
    return Assistant.objects.visible(visible).matching(**{**body, "metadata": asked["metadata"]})


class AssistantsView(ApiView):
    @extend_schema(request=AssistantCreateBody, responses=dict)
    def post(self, request: Request) -> Response:
        body = validated(CREATE, request.data)
        named = body.pop("assistant_id", None)
        assistant_id = uuid4() if named is None else assistant_uuid(named)
        asked = {name: body[name] for name in ("graph_id", "config", "context", "metadata", "name")}
        asked["assistant_id"] = assistant_id
        visible = self.authorize("assistants", "create", asked)
        return Response(assistant_object(lifecycle.create(visible=visible, **{**body, **here(sealed(asked))})))


class AssistantView(ApiView):
    """Without `delete`: it reaches into runs, and so stands above them."""

    @extend_schema(responses=dict)
    def get(self, request: Request, assistant_id: str) -> Response:
        key = assistant_uuid(assistant_id)
        visible = self.authorize("assistants", "read", {"assistant_id": key})
        return Response(assistant_object(lifecycle.get(key, visible=visible)))

    @extend_schema(request=AssistantPatchBody, responses=dict)
    def patch(self, request: Request, assistant_id: str) -> Response:
        key, changes = assistant_uuid(assistant_id), validated(PATCH, request.data)
        asked = {**unchanged(), **changes, "assistant_id": key}
        visible = self.authorize("assistants", "update", asked)
        changes = {name: asked[name] for name in asked if name in changes or asked[name] not in (None, {}, key)}
        return Response(assistant_object(lifecycle.update(key, here(sealed(changes)), visible=visible)))


class AssistantSearchView(ApiView):
    @extend_schema(request=AssistantSearchBody, responses={200: list[dict[str, Any]]})
    def post(self, request: Request) -> Response:
        body = validated(SEARCH, request.data)
        limit, offset, select = body["limit"], body["offset"], body["select"]
        found = matching(self, body, limit=limit, offset=offset)
        found = found.sorted(body["sort_by"], body["sort_order"], select=select)
        shown, headers = page(list(found[offset : offset + limit + 1]), limit=limit, offset=offset)
        return Response([assistant_object(assistant, select) for assistant in shown], headers=headers)


class AssistantCountView(ApiView):
    @extend_schema(request=AssistantCountBody, responses=int)
    def post(self, request: Request) -> Response:
        return Response(matching(self, validated(COUNT, request.data), limit=0, offset=0).count())


class AssistantVersionsView(ApiView):
    @extend_schema(request=AssistantVersionsBody, responses={200: list[dict[str, Any]]})
    def post(self, request: Request, assistant_id: str) -> Response:
        key, body = assistant_uuid(assistant_id), validated(VERSIONS, request.data)
        visible = self.authorize("assistants", "read", {"assistant_id": key, "metadata": body["metadata"]})
        return Response([version_object(version) for version in versions.page(key, visible=visible, **body)])


class AssistantLatestView(ApiView):
    @extend_schema(request=AssistantLatestBody, responses=dict)
    def post(self, request: Request, assistant_id: str) -> Response:
        key, body = assistant_uuid(assistant_id), validated(LATEST, request.data)
        visible = self.authorize("assistants", "update", {"assistant_id": key, "version": body.get("version")})
        return Response(assistant_object(versions.set_latest(key, body.get("version"), visible=visible)))

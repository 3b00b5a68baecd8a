"""Crons over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crons import lifecycle
from crons.api.serializers import (
    COUNT,
    CREATE,
    SEARCH,
    UPDATE,
    CronCountBody,
    CronCreateBody,
    CronSearchBody,
    CronUpdateBody,
    cron_object,
    cron_uuid,
    thread_uuid,
)
from crons.models import Cron
from crons.querysets import CronQuerySet
from crons.sealing import sealed
from langgraph_server.api.pagination import page
from langgraph_server.api.views import ApiView, validated
from langgraph_server.auth.filters import EVERYTHING
from langgraph_server.encryption import parts
from langgraph_server.encryption.documents import here
from langgraph_server.ids import uuid7


def checked(serializer: CronUpdateBody, body: Any) -> dict[str, Any]:
    """As the client wrote it: a cron keeps the whole."""
    validated(serializer, body)
    return dict(body)


def searched(view: ApiView, wanted: dict[str, Any], *, limit: int, offset: int) -> CronQuerySet:
    named = {name: wanted.get(name) for name in ("assistant_id", "thread_id")}
    asked = {**named, "limit": limit, "offset": offset, "metadata": wanted.get("metadata") or {}}
    visible = view.authorize("crons", "search", asked)
    threads = view.authorize("threads", "search", {})
    return Cron.objects.visible(visible, threads=threads).search(**{**wanted, "metadata": asked["metadata"]})


class CronsView(ApiView):
    """Of a thread where the route names one, else stateless."""

    @extend_schema(request=CronCreateBody, responses=dict)
    def post(self, request: Request, thread_id: str | None = None) -> Response:
        body = checked(CREATE, request.data)
        thread = thread_uuid(thread_id) if thread_id is not None else None
        asked = {
            "payload": body,
            "schedule": body["schedule"],
            "cron_id": uuid7(),
            "thread_id": thread,
            "user_id": self.principal.identity,
            "end_time": body.get("end_time"),
            "metadata": dict(body.get("metadata") or {}),
        }
        visible = self.authorize("crons", "create", asked)
        threads = self.authorize("threads", "read", {"thread_id": thread}) if thread else EVERYTHING
        if asked.get("metadata"):
            body = {**body, "metadata": asked["metadata"]}
        maker = here(parts.caller("cron", self.principal))
        cron = lifecycle.create(
            here(sealed(body)),
            thread_id=thread,
            cron_id=asked["cron_id"],
            maker=maker,
            visible=visible,
            threads=threads,
        )
        return Response(cron_object(cron))


class CronView(ApiView):
    @extend_schema(responses=dict)
    def get(self, request: Request, cron_id: str) -> Response:
        key = cron_uuid(cron_id)
        return Response(cron_object(lifecycle.get(key, visible=self.authorize("crons", "read", {"cron_id": key}))))

    @extend_schema(request=CronUpdateBody, responses=dict)
    def patch(self, request: Request, cron_id: str) -> Response:
        key, body = cron_uuid(cron_id), checked(UPDATE, request.data)
        own = {name: body.get(name) for name in ("schedule", "end_time", "enabled", "on_run_completed")}
        asked = {"cron_id": key, **own, "payload": body, "metadata": dict(body.get("metadata") or {})}
        visible = self.authorize("crons", "update", asked)
        if body and asked.get("metadata"):
            body = {**body, "metadata": asked["metadata"]}
        return Response(cron_object(lifecycle.update(key, here(sealed(body)), visible=visible)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, cron_id: str) -> Response:
        key = cron_uuid(cron_id)
        lifecycle.delete(key, visible=self.authorize("crons", "delete", {"cron_id": key}))
        return Response(status=204)


class CronSearchView(ApiView):
    @extend_schema(request=CronSearchBody, responses={200: list[dict[str, Any]]})
    def post(self, request: Request) -> Response:
        body = validated(SEARCH, request.data)
        limit, offset, select = body["limit"], body["offset"], body["select"]
        found = searched(self, SEARCH.filters(body), limit=limit, offset=offset)
        found = found.sorted_by(body["sort_by"], body["sort_order"], select)
        crons, headers = page(list(found[offset : offset + limit + 1]), limit=limit, offset=offset)
        return Response([cron_object(cron, select) for cron in crons], headers=headers)


class CronCountView(ApiView):
    @extend_schema(request=CronCountBody, responses=int)
    def post(self, request: Request) -> Response:
        found = searched(self, COUNT.filters(validated(COUNT, request.data)), limit=0, offset=0)
        return Response(found.count())

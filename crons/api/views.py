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
    CountBody,
    CreateBody,
    SearchBody,
    UpdateBody,
    cron_object,
    cron_uuid,
    thread_uuid,
)
from crons.models import Cron
from langgraph_server.api.pagination import page
from langgraph_server.api.views import ApiView, validated


def checked(serializer: UpdateBody, body: Any) -> dict[str, Any]:
    """As the client wrote it: a cron keeps the whole."""
    validated(serializer, body)
    return dict(body)


class CronsView(ApiView):
    """Of a thread where the route names one, else stateless."""

    @extend_schema(request=CreateBody, responses=dict)
    def post(self, request: Request, thread_id: str | None = None) -> Response:
        body = checked(CREATE, request.data)
        thread = thread_uuid(thread_id) if thread_id is not None else None
        cron = lifecycle.create(body, thread_id=thread, user_id=self.principal.identity)
        return Response(cron_object(cron))


class CronView(ApiView):
    @extend_schema(responses=dict)
    def get(self, request: Request, cron_id: str) -> Response:
        return Response(cron_object(lifecycle.get(cron_uuid(cron_id))))

    @extend_schema(request=UpdateBody, responses=dict)
    def patch(self, request: Request, cron_id: str) -> Response:
        body = checked(UPDATE, request.data)
        return Response(cron_object(lifecycle.update(cron_uuid(cron_id), body)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, cron_id: str) -> Response:
        lifecycle.delete(cron_uuid(cron_id))
        return Response(status=204)


class CronSearchView(ApiView):
    @extend_schema(request=SearchBody, responses={200: list[dict[str, Any]]})
    def post(self, request: Request) -> Response:
        body = validated(SEARCH, request.data)
        limit, offset, select = body["limit"], body["offset"], body["select"]
        found = Cron.objects.search(**SEARCH.filters(body)).sorted_by(body["sort_by"], body["sort_order"], select)
        crons, headers = page(list(found[offset : offset + limit + 1]), limit=limit, offset=offset)
        return Response([cron_object(cron, select) for cron in crons], headers=headers)


class CronCountView(ApiView):
    @extend_schema(request=CountBody, responses=int)
    def post(self, request: Request) -> Response:
        return Response(Cron.objects.search(**COUNT.filters(validated(COUNT, request.data))).count())

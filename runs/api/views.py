"""Runs over HTTP, where nobody waits and few ask: many at once, get, delete."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from langgraph_server.api.views import ApiView, validated
from langgraph_server.auth.principal import ANONYMOUS
from langgraph_server.encryption.documents import here
from langgraph_server.errors import Invalid, NotFound
from runs import cancellation, lifecycle, lookup
from runs.admission import admit_all
from runs.api import asking
from runs.api.asking import granted, value_of
from runs.api.serializers import (
    CANCEL,
    STATELESS_RUN,
    RunCancelBody,
    StatelessRunBody,
    run_object,
    run_uuid,
    thread_uuid,
)
from runs.choices import CancelAction
from runs.errors import NothingToCancel, RunNotFound
from runs.models import Run
from runs.requests import RunRequest
from runs.sealing import sealed


def asked_of(view: ApiView, request: RunRequest) -> RunRequest:
    if view.principal is ANONYMOUS:
        return request
    value = value_of(request)
    return granted(request, value, view.authorize("threads", "create_run", value), view.principal)


class RunView(ApiView):
    @extend_schema(responses=dict)
    def get(self, request: Request, run_id: str, thread_id: str | None = None) -> Response:
        key, thread = run_uuid(run_id), thread_uuid(thread_id) if thread_id else None
        visible = self.authorize("threads", "read", {"thread_id": thread, "run_id": key})
        try:
            run = lookup.find(key, thread, visible=visible)
        except RunNotFound:
            raise NotFound from None
        return Response(run_object(run))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, run_id: str, thread_id: str) -> Response:
        key, thread = run_uuid(run_id), thread_uuid(thread_id)
        visible = self.authorize("threads", "delete", {"run_id": key, "thread_id": thread})
        lifecycle.delete(lookup.find(key, thread, visible=visible))
        return Response(status=204)


class BatchView(ApiView):
    @extend_schema(request=StatelessRunBody(many=True), responses={200: list[dict[str, Any]]})
    def post(self, request: Request) -> Response:
        if not isinstance(request.data, list) or not request.data:
            raise Invalid(detail="Request body must be a non-empty array of runs")
        bodies = [validated(STATELESS_RUN, body) for body in request.data]
        key = request.headers.get("idempotency-key")
        headers = [{**request.headers, "idempotency-key": f"{key}:{n}" if key else ""} for n in range(len(bodies))]
        wanted = [STATELESS_RUN.request(*pair) for pair in zip(bodies, headers, strict=True)]
        runs = admit_all([here(sealed(asked_of(self, each))) for each in wanted])
        return Response([run_object(run) for run in runs])


class CancelManyView(ApiView):
    @extend_schema(request=RunCancelBody, responses={204: None})
    def post(self, request: Request) -> Response:
        selection = CANCEL.selection(validated(CANCEL, request.data))
        action = CancelAction.of(request.query_params.get("action"))
        which = {"run_ids": selection.get("run_id__in"), "thread_id": selection.get("thread_id")}
        asked = asking.cancellation(action, **which, status=selection.get("status"))
        visible = self.authorize("threads", "update", asked)
        active = Run.objects.active().visible(visible)
        run_ids = list(active.filter(**selection).values_list("run_id", flat=True))
        if not cancellation.cancel(run_ids, action=action, reason=f"{action} requested via POST /runs/cancel"):
            raise NothingToCancel
        return Response(status=204)

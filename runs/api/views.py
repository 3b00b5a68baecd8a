"""Runs over HTTP, where nobody waits: create in the background, list, get, delete."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from langgraph_server.api.views import ApiView, validated
from langgraph_server.auth.principal import ANONYMOUS
from langgraph_server.encryption.documents import here
from langgraph_server.errors import BadRequest, DomainError, Invalid, NotFound
from runs import cancellation, lifecycle, lookup
from runs.admission import admit, admit_all
from runs.api import asking
from runs.api.asking import granted, value_of
from runs.api.serializers import (
    CANCEL,
    STATELESS_RUN,
    THREAD_RUN,
    RunCancelBody,
    StatelessRunBody,
    ThreadRunBody,
    run_object,
    run_uuid,
    selected,
    thread_uuid,
)
from runs.choices import CancelAction, RunStatus
from runs.errors import NothingToCancel, RunNotFound
from runs.models import Run
from runs.requests import RunRequest
from runs.sealing import sealed
from threads.lifecycle import get as get_thread


def asked_of(view: ApiView, request: RunRequest) -> RunRequest:
    if view.principal is ANONYMOUS:
        return request
    value = value_of(request)
    return granted(request, value, view.authorize("threads", "create_run", value), view.principal)


def admitted(view: ApiView, request: RunRequest) -> Run:
    (answer,) = admit([here(sealed(asked_of(view, request)))])
    if isinstance(answer, DomainError):
        raise answer
    return answer


class ThreadRunsView(ApiView):
    @extend_schema(request=ThreadRunBody, responses=dict)
    def post(self, request: Request, thread_id: str) -> Response:
        body = validated(THREAD_RUN, request.data)
        run = admitted(self, THREAD_RUN.request(body, thread_uuid(thread_id), request.headers))
        return Response(run_object(run), headers={"Content-Location": f"/threads/{run.thread_id}/runs/{run.run_id}"})

    @extend_schema(responses={200: list[dict[str, Any]]})
    def get(self, request: Request, thread_id: str) -> Response:
        key = thread_uuid(thread_id)
        thread = get_thread(key, visible=self.authorize("threads", "read", {"thread_id": key}))
        visible = self.authorize("threads", "search", {"thread_id": key, "metadata": {}})
        select = selected(request.query_params.getlist("select"))
        limit, offset = count(request, "limit", 10), count(request, "offset", 0)
        runs = Run.objects.of_thread(thread.thread_id).visible(visible).order_by("-created_at")
        if status := request.query_params.get("status"):
            runs = runs.filter(status=status) if status in RunStatus.values else runs.none()
        return Response([run_object(run, select) for run in runs[offset : offset + limit]])


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


class StatelessRunsView(ApiView):
    @extend_schema(request=StatelessRunBody, responses=dict)
    def post(self, request: Request) -> Response:
        run = admitted(self, STATELESS_RUN.request(validated(STATELESS_RUN, request.data), request.headers))
        return Response(run_object(run), headers={"Content-Location": f"/runs/{run.run_id}"})


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


def count(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    try:
        value = int(text)
    except ValueError:
        raise BadRequest(detail=f"invalid literal for int() with base 10: '{text}'") from None
    if not 0 <= value < 2**31:
        raise BadRequest(detail=f"{name} must be between 0 and {2**31 - 1}")
    return value

"""Runs over HTTP, where nobody waits: create in the background, list, get, delete."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from langgraph_server.api.views import ApiView, validated
from langgraph_server.errors import BadRequest, DomainError, Invalid, NotFound
from runs import cancellation, lifecycle, lookup
from runs.admission import admit, admit_all
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
from threads.lifecycle import get as get_thread


def admitted(request: RunRequest) -> Run:
    (answer,) = admit([request])
    if isinstance(answer, DomainError):
        raise answer
    return answer


class ThreadRunsView(ApiView):
    @extend_schema(request=ThreadRunBody, responses=dict)
    def post(self, request: Request, thread_id: str) -> Response:
        body = validated(THREAD_RUN, request.data)
        run = admitted(THREAD_RUN.request(body, thread_uuid(thread_id), request.headers))
        return Response(run_object(run), headers={"Content-Location": f"/threads/{run.thread_id}/runs/{run.run_id}"})

    @extend_schema(responses={200: list[dict[str, Any]]})
    def get(self, request: Request, thread_id: str) -> Response:
        thread = get_thread(thread_uuid(thread_id))
        select = selected(request.query_params.getlist("select"))
        limit, offset = count(request, "limit", 10), count(request, "offset", 0)
        runs = Run.objects.of_thread(thread.thread_id).order_by("-created_at")
        if status := request.query_params.get("status"):
            runs = runs.filter(status=status) if status in RunStatus.values else runs.none()
        return Response([run_object(run, select) for run in runs[offset : offset + limit]])


class RunView(ApiView):
    @extend_schema(responses=dict)
    def get(self, request: Request, run_id: str, thread_id: str | None = None) -> Response:
        try:
            run = lookup.find(run_uuid(run_id), thread_uuid(thread_id) if thread_id else None)
        except RunNotFound:
            raise NotFound from None
        return Response(run_object(run))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, run_id: str, thread_id: str) -> Response:
        lifecycle.delete(lookup.find(run_uuid(run_id), thread_uuid(thread_id)))
        return Response(status=204)


class StatelessRunsView(ApiView):
    @extend_schema(request=StatelessRunBody, responses=dict)
    def post(self, request: Request) -> Response:
        run = admitted(STATELESS_RUN.request(validated(STATELESS_RUN, request.data), request.headers))
        return Response(run_object(run), headers={"Content-Location": f"/runs/{run.run_id}"})


class BatchView(ApiView):
    @extend_schema(request=StatelessRunBody(many=True), responses={200: list[dict[str, Any]]})
    def post(self, request: Request) -> Response:
        if not isinstance(request.data, list) or not request.data:
            raise Invalid(detail="Request body must be a non-empty array of runs")
        bodies = [validated(STATELESS_RUN, body) for body in request.data]
        key = request.headers.get("idempotency-key")
        headers = [{**request.headers, "idempotency-key": f"{key}:{n}" if key else ""} for n in range(len(bodies))]
        runs = admit_all([STATELESS_RUN.request(*pair) for pair in zip(bodies, headers, strict=True)])
        return Response([run_object(run) for run in runs])


class CancelManyView(ApiView):
    @extend_schema(request=RunCancelBody, responses={204: None})
    def post(self, request: Request) -> Response:
        selection = CANCEL.selection(validated(CANCEL, request.data))
        action = request.query_params.get("action")
        action = CancelAction.ROLLBACK if action == CancelAction.ROLLBACK else CancelAction.INTERRUPT
        run_ids = list(Run.objects.active().filter(**selection).values_list("run_id", flat=True))
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

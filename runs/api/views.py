"""Runs over HTTP, where nobody waits: create in the background, list, get, delete."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from langgraph_server.api.views import ApiView, validated
from langgraph_server.errors import BadRequest, DomainError, NotFound
from runs import lifecycle, lookup
from runs.admission import admit
from runs.api.serializers import (
    STATELESS_RUN,
    THREAD_RUN,
    StatelessRunBody,
    ThreadRunBody,
    run_object,
    run_uuid,
    selected,
    thread_uuid,
)
from runs.errors import RunNotFound
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
            runs = runs.filter(status=status)
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


def count(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    try:
        value = int(text)
    except ValueError:
        raise BadRequest(detail=f"invalid literal for int() with base 10: '{text}'") from None
    if not 0 <= value < 2**31:
        raise BadRequest(detail=f"{name} must be between 0 and {2**31 - 1}")
    return value

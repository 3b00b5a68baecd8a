"""Runs on the wire: the body that asks for one, and the object that shows it."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID, uuid4

from rest_framework import serializers

from langgraph_server.api.fields import (
    AnyJsonField,
    ConfigField,
    NodesField,
    ObjectField,
    OneOrManyField,
    StrictBooleanField,
    StrictCharField,
    StrictFloatField,
)
from langgraph_server.api.headers import configurable
from langgraph_server.api.serializing import Body
from langgraph_server.errors import Invalid
from langgraph_server.ids import parse_uuid
from runs.choices import (
    DisconnectMode,
    Durability,
    IfNotExists,
    MultitaskStrategy,
    OnCompletion,
    StreamMode,
)
from runs.models import Run
from runs.requests import RunRequest

FIELDS = (
    "run_id",
    "thread_id",
    "assistant_id",
    "metadata",
    "status",
    "kwargs",
    "multitask_strategy",
    "created_at",
    "updated_at",
)
LONGEST_KEY = 256
LONGEST_DELAY = 10 * 365 * 86400


def run_object(run: Run, select: Collection[str] = ()) -> dict[str, Any]:
    shown = {name: getattr(run, name) for name in FIELDS if not select or name in select}
    return shown if select else {**shown, "langsmith_session_name": None}


class RunBody(Body):
    assistant_id = StrictCharField()
    input = AnyJsonField(required=False)
    command = ObjectField(required=False, allow_null=True)
    metadata = ObjectField(default=dict)
    config = ConfigField(default=dict)
    context = ObjectField(default=dict)  # type: ignore[assignment] # DRF's own `context` is the instance's
    webhook = StrictCharField(required=False, max_length=65536)
    interrupt_before = NodesField(required=False)
    interrupt_after = NodesField(required=False)
    stream_mode = OneOrManyField(StreamMode.values, default=())
    stream_subgraphs = StrictBooleanField(default=False)
    stream_resumable = StrictBooleanField(default=False)
    on_disconnect = serializers.ChoiceField(DisconnectMode.values, default=DisconnectMode.CONTINUE)
    after_seconds = StrictFloatField(default=0.0, min_value=0, max_value=LONGEST_DELAY)
    durability = serializers.ChoiceField(Durability.values, required=False)
    checkpoint_during = StrictBooleanField(required=False)
    feedback_keys = serializers.ListField(child=StrictCharField(), required=False)
    langsmith_tracer = ObjectField(required=False, allow_null=True)

    def shared(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What every form of a run request has."""
        during = Durability.EXIT if body.get("checkpoint_during") is False else Durability.ASYNC
        return {
            "assistant": body["assistant_id"],
            "input": body.get("input"),
            "command": body.get("command") or None,
            "metadata": body["metadata"],
            "config": body["config"],
            "context": body["context"],
            "webhook": body.get("webhook"),
            "interrupt_before": body.get("interrupt_before"),
            "interrupt_after": body.get("interrupt_after"),
            "stream_mode": body["stream_mode"] or (StreamMode.VALUES,),
            "stream_subgraphs": body["stream_subgraphs"],
            "stream_resumable": body["stream_resumable"],
            "after_seconds": body["after_seconds"],
            "durability": body.get("durability", during),
            "feedback_keys": tuple(body["feedback_keys"]) if "feedback_keys" in body else None,
            "langsmith_tracer": body.get("langsmith_tracer") or {},
        }


class ThreadRunBody(RunBody):
    checkpoint = ObjectField(default=dict)
    checkpoint_id = StrictCharField(required=False, allow_null=True)
    multitask_strategy = serializers.ChoiceField(MultitaskStrategy.values, default=MultitaskStrategy.ENQUEUE)
    if_not_exists = serializers.ChoiceField(IfNotExists.values, default=IfNotExists.REJECT)

    def request(self, body: Mapping[str, Any], thread_id: UUID, headers: Mapping[str, str]) -> RunRequest:
        checkpoint = {
            key: body["checkpoint"][key] for key in CHECKPOINT_KEYS if body["checkpoint"].get(key) is not None
        }
        if body.get("checkpoint_id"):
            checkpoint["checkpoint_id"] = str(parse_uuid(body["checkpoint_id"], detail="Invalid checkpoint ID"))
        return RunRequest(
            **self.shared(body),
            thread_id=thread_id,
            checkpoint=checkpoint,
            multitask_strategy=body["multitask_strategy"],
            if_not_exists=body["if_not_exists"],
            **of_headers(headers),
        )


class StatelessRunBody(RunBody):
    on_completion = serializers.ChoiceField(OnCompletion.values, default=OnCompletion.DELETE)

    def request(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> RunRequest:
        return RunRequest(
            **self.shared(body),
            thread_id=None,
            temporary=body["on_completion"] == OnCompletion.DELETE,
            **of_headers(headers),
        )


CHECKPOINT_KEYS = ("checkpoint_id", "checkpoint_ns", "checkpoint_map")


def of_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    key = headers.get("idempotency-key")
    if key and len(key) > LONGEST_KEY:
        raise Invalid(detail=f"Idempotency-Key is longer than {LONGEST_KEY} characters")
    return {
        "request_id": request_id(headers),
        "idempotency_key": key or None,
        "headers": configurable(headers),
    }


def request_id(headers: Mapping[str, str]) -> str:
    return headers.get("x-request-id") or str(uuid4())


def thread_uuid(value: str) -> UUID:
    return parse_uuid(value, detail="Invalid thread ID")


def run_uuid(value: str) -> UUID:
    return parse_uuid(value, detail="Invalid run ID: must be a UUID")


def selected(names: Collection[str]) -> Collection[str]:
    if unknown := [name for name in names if name not in FIELDS]:
        raise Invalid(detail=f"Invalid select columns: {unknown}. Expected: {set(FIELDS)}")
    return names


class CommandBody(Body):
    """Of the event protocol. For the API's description: such bodies are judged by the protocol's own rules."""

    id = serializers.IntegerField()
    method = serializers.CharField()
    params = serializers.DictField(required=False)


class EventStreamBody(Body):
    """As `CommandBody`."""

    channels = serializers.ListField(child=serializers.CharField(), allow_empty=False)
    namespaces = serializers.ListField(child=serializers.ListField(child=serializers.CharField()), required=False)
    depth = serializers.IntegerField(required=False, min_value=0)
    since = serializers.IntegerField(required=False, min_value=0)


class RunCancelBody(Body):
    status = serializers.ChoiceField(["pending", "running", "all"], required=False)
    thread_id = StrictCharField(required=False)
    run_ids = serializers.ListField(child=StrictCharField(), required=False)

    def selection(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """As `runs.querysets` filters: by status, or by thread and ids."""
        named = {"thread_id", "run_ids"} & body.keys()
        if "status" in body and named:
            raise Invalid(detail="When providing a 'status', 'thread_id' and 'run_ids' must be omitted.")
        if "status" in body:
            return {} if body["status"] == "all" else {"status": body["status"]}
        if len(named) < 2:
            raise Invalid(detail="Provide either a 'status', or 'thread_id' and 'run_ids'.")
        run_ids = [run_uuid(value) for value in body["run_ids"]]
        return {"thread_id": thread_uuid(body["thread_id"]), "run_id__in": run_ids}


CANCEL = RunCancelBody()
THREAD_RUN = ThreadRunBody()
STATELESS_RUN = StatelessRunBody()

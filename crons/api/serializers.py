"""Crons on the wire."""

from collections.abc import Collection
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crons.models import Cron
from langgraph_server.api.fields import (
    ConfigField,
    NodesField,
    ObjectField,
    OneOrManyField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
)
from langgraph_server.api.serializing import Body
from langgraph_server.ids import parse_uuid
from runs.choices import Durability, MultitaskStrategy, OnCompletion, StreamMode

FIELDS = (
    "cron_id",
    "assistant_id",
    "thread_id",
    "user_id",
    "end_time",
    "schedule",
    "timezone",
    "payload",
    "next_run_date",
    "metadata",
    "on_run_completed",
    "enabled",
    "created_at",
    "updated_at",
)
SORTABLE = (
    "cron_id",
    "assistant_id",
    "thread_id",
    "next_run_date",
    "end_time",
    "created_at",
    "updated_at",
)


def cron_object(cron: Cron, select: Collection[str] = ()) -> dict[str, Any]:
    return {name: getattr(cron, name) for name in FIELDS if not select or name in select}


OBJECTS = {"type": "array", "items": {"type": "object"}}


@extend_schema_field({"oneOf": [{"type": "object"}, OBJECTS]})
class InputField(serializers.Field[Any, Any, Any, Any]):
    default_error_messages = {"type": "must be an object or an array of objects"}

    def to_internal_value(self, data: Any) -> Any:
        listed = data if isinstance(data, list) else [data]
        if not all(isinstance(item, dict) for item in listed):
            self.fail("type")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class CronUpdateBody(Body):
    """Only the form is checked here; the body itself is kept (`crons.payloads`)."""

    schedule = StrictCharField(required=False, max_length=256, allow_blank=True)
    input = InputField(required=False)
    metadata = ObjectField(required=False)
    config = ConfigField(required=False)
    context = ObjectField(required=False)  # type: ignore[assignment] # DRF's own `context` is the instance's
    webhook = StrictCharField(required=False, max_length=65536)
    interrupt_before = NodesField(required=False)
    interrupt_after = NodesField(required=False)
    stream_mode = OneOrManyField(StreamMode.values, required=False)
    stream_subgraphs = StrictBooleanField(required=False)
    stream_resumable = StrictBooleanField(required=False)
    durability = serializers.ChoiceField(Durability.values, required=False)
    timezone = StrictCharField(required=False, allow_blank=True)
    end_time = StrictCharField(required=False, allow_null=True, allow_blank=True)
    enabled = StrictBooleanField(required=False)
    on_run_completed = serializers.ChoiceField(OnCompletion.values, required=False)
    multitask_strategy = serializers.ChoiceField(MultitaskStrategy.values, required=False)


class CronCreateBody(CronUpdateBody):
    assistant_id = StrictCharField()
    schedule = StrictCharField(max_length=256, allow_blank=True)
    end_time = StrictCharField(required=False, allow_blank=True)


class CronCountBody(Body):
    assistant_id = StrictCharField(required=False, allow_null=True)
    thread_id = StrictCharField(required=False, allow_null=True)
    metadata = ObjectField(required=False, allow_null=True)

    def filters(self, body: dict[str, Any]) -> dict[str, Any]:
        """As `crons.querysets` searches."""
        found = {name: body[name] for name in ("metadata", "enabled") if body.get(name) is not None}
        for name, read in (("assistant_id", assistant_uuid), ("thread_id", thread_uuid)):
            if body.get(name) is not None:
                found[name] = read(body[name])
        return found


class CronSearchBody(CronCountBody):
    enabled = StrictBooleanField(required=False, allow_null=True)
    limit = StrictIntegerField(default=10, min_value=1, max_value=1000)
    offset = StrictIntegerField(default=0, min_value=0, max_value=2**31 - 1)
    sort_by = serializers.ChoiceField(SORTABLE, default="created_at")
    sort_order = serializers.ChoiceField(["asc", "desc"], default="desc")
    select = OneOrManyField(FIELDS, default=())


def cron_uuid(value: str) -> Any:
    return parse_uuid(value, detail="Invalid cron ID: must be a UUID")


def thread_uuid(value: str) -> Any:
    return parse_uuid(value, detail="Invalid thread ID: must be a UUID")


def assistant_uuid(value: str) -> Any:
    return parse_uuid(value, detail="Invalid assistant ID: must be a UUID")


CREATE = CronCreateBody()
UPDATE = CronUpdateBody()
SEARCH = CronSearchBody()
COUNT = CronCountBody()

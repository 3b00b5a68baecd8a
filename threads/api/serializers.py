"""Threads on the wire."""

from collections.abc import Collection
from typing import Any

from rest_framework import serializers

from langgraph_server.api.fields import ObjectField, OneOrManyField, StrictCharField, StrictIntegerField
from threads.choices import ThreadStatus
from threads.models import Thread

FIELDS = (
    "thread_id",
    "created_at",
    "updated_at",
    "state_updated_at",
    "metadata",
    "config",
    "status",
    "values",
    "interrupts",
    "error",
)
SELECTABLE = FIELDS[:-1]
SORTABLE = ("thread_id", "status", "created_at", "updated_at", "state_updated_at")


def thread_object(thread: Thread, select: Collection[str] = ()) -> dict[str, Any]:
    return {name: getattr(thread, name) for name in FIELDS if not select or name in select}


class CreateBody(serializers.Serializer[Any]):
    thread_id = StrictCharField(required=False)
    metadata = ObjectField(default=dict)
    if_exists = serializers.ChoiceField(["raise", "do_nothing"], default="raise")


class SearchBody(serializers.Serializer[Any]):
    ids = serializers.ListField(child=StrictCharField(), default=list)
    metadata = ObjectField(default=dict)
    values = ObjectField(default=dict)
    status = serializers.ChoiceField(ThreadStatus.values, required=False)
    limit = StrictIntegerField(default=10, min_value=1, max_value=1000)
    offset = StrictIntegerField(default=0, min_value=0, max_value=2**31 - 1)
    sort_by = serializers.ChoiceField(SORTABLE, default="updated_at")
    sort_order = serializers.ChoiceField(["asc", "desc"], default="desc")
    select = OneOrManyField(SELECTABLE, default=())


CREATE = CreateBody()
SEARCH = SearchBody()

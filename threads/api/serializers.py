"""Threads on the wire."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from rest_framework import serializers

from langgraph_server.api.fields import (
    AnyJsonField,
    MetadataField,
    ObjectField,
    OneOrManyField,
    StrictBooleanField,
    StrictCharField,
    StrictFloatField,
    StrictIntegerField,
)
from langgraph_server.api.serializing import Body
from threads import extraction
from threads.choices import ThreadStatus, TtlStrategy
from threads.models import Thread
from threads.searching import COLUMNS

FIELDS = COLUMNS
SELECTABLE = tuple(name for name in FIELDS if name != "error")
SORTABLE = ("thread_id", "status", "created_at", "updated_at", "state_updated_at")
#: Names that an `extract` alias cannot take.
RESERVED = frozenset({*FIELDS, "ttl", "extracted"})


def thread_object(thread: Thread, select: Collection[str] = ()) -> dict[str, Any]:
    return {name: getattr(thread, name) for name in FIELDS if not select or name in select}


def ttl_object(thread: Thread) -> dict[str, Any] | None:
    if thread.ttl_minutes is None:
        return None
    expires_at = thread.updated_at + timedelta(minutes=thread.ttl_minutes)
    return {"strategy": thread.ttl_strategy, "ttl_minutes": thread.ttl_minutes, "expires_at": expires_at}


def extracted(thread: Thread, paths: Mapping[str, extraction.Path]) -> dict[str, Any]:
    documents = {root: getattr(thread, root) for root in {str(path[0]) for path in paths.values()}}
    return {alias: extraction.follow(documents, path) for alias, path in paths.items()}


class TtlBody(Body):
    ttl = StrictFloatField(required=False, min_value=0, max_value=5_256_000)
    strategy = serializers.ChoiceField(TtlStrategy.values, required=False)


class UpdateBody(Body):
    """One update of a superstep."""

    values = AnyJsonField(required=False)
    command = ObjectField(required=False, allow_null=True)
    as_node = StrictCharField(required=False, allow_null=True)


class SuperstepBody(Body):
    updates = UpdateBody(many=True)


class ThreadCreateBody(Body):
    thread_id = StrictCharField(required=False)
    metadata = MetadataField(default=dict)
    if_exists = serializers.ChoiceField(["raise", "do_nothing"], default="raise")
    ttl = TtlBody(required=False)
    supersteps = SuperstepBody(many=True, required=False)


class ThreadPatchBody(Body):
    metadata = MetadataField(required=False)
    ttl = TtlBody(required=False)


class ThreadCountBody(Body):
    metadata = ObjectField(default=dict)
    values = ObjectField(default=dict)
    status = serializers.ChoiceField(ThreadStatus.values, required=False)


class ThreadSearchBody(ThreadCountBody):
    ids = serializers.ListField(child=StrictCharField(), default=list)
    limit = StrictIntegerField(default=10, min_value=1, max_value=1000)
    offset = StrictIntegerField(default=0, min_value=0, max_value=2**31 - 1)
    sort_by = serializers.ChoiceField(SORTABLE, default="updated_at")
    sort_order = serializers.ChoiceField(["asc", "desc"], default="desc")
    select = OneOrManyField(SELECTABLE, default=())
    extract = ObjectField(default=dict)


class ThreadPruneBody(Body):
    thread_ids = serializers.ListField(child=StrictCharField())
    strategy = serializers.ChoiceField(TtlStrategy.values, default=TtlStrategy.DELETE)


class ThreadStateBody(Body):
    values = AnyJsonField(required=False)
    as_node = StrictCharField(required=False, allow_null=True)
    checkpoint_id = StrictCharField(required=False, allow_null=True)
    checkpoint = ObjectField(required=False, allow_null=True)


class ThreadStateAtBody(Body):
    checkpoint = ObjectField()
    subgraphs = StrictBooleanField(default=False)


class ThreadHistoryBody(Body):
    limit = StrictIntegerField(default=1, min_value=1, max_value=1000)
    before = ObjectField(required=False, allow_null=True)
    metadata = ObjectField(required=False, allow_null=True)
    checkpoint = ObjectField(required=False, allow_null=True)


CREATE = ThreadCreateBody()
PATCH = ThreadPatchBody()
SEARCH = ThreadSearchBody()
COUNT = ThreadCountBody()
PRUNE = ThreadPruneBody()
STATE = ThreadStateBody()
STATE_AT = ThreadStateAtBody()
HISTORY = ThreadHistoryBody()

"""Assistants on the wire."""

from collections.abc import Collection
from typing import Any

from rest_framework import serializers

from assistants.lifecycle import UNTITLED
from assistants.models import Assistant, AssistantVersion
from langgraph_server.api.fields import (
    ConfigField,
    MetadataField,
    ObjectField,
    StrictCharField,
    StrictIntegerField,
)
from langgraph_server.api.serializing import Body

FIELDS = (
    "assistant_id",
    "graph_id",
    "config",
    "context",
    "metadata",
    "name",
    "created_at",
    "updated_at",
    "version",
    "description",
)
FIELDS_OF_A_VERSION = (
    "assistant_id",
    "version",
    "graph_id",
    "config",
    "context",
    "metadata",
    "created_at",
    "name",
    "description",
)
SORTABLE = ("assistant_id", "created_at", "updated_at", "name", "graph_id")


def assistant_object(assistant: Assistant, select: Collection[str] = ()) -> dict[str, Any]:
    return {name: getattr(assistant, name) for name in FIELDS if not select or name in select}


def version_object(version: AssistantVersion) -> dict[str, Any]:
    return {name: getattr(version, name) for name in FIELDS_OF_A_VERSION}


class AssistantCreateBody(Body):
    graph_id = StrictCharField(allow_blank=True)
    assistant_id = StrictCharField(required=False, allow_blank=True)
    config = ConfigField(default=dict)
    context = ObjectField(default=dict)  # type: ignore[assignment] # DRF's own `context` is the instance's
    metadata = MetadataField(default=dict)
    name = StrictCharField(default=UNTITLED, allow_blank=True)
    description = StrictCharField(default=None, allow_null=True, allow_blank=True)
    if_exists = serializers.ChoiceField(["raise", "do_nothing"], default="raise")


class AssistantPatchBody(Body):
    graph_id = StrictCharField(required=False, allow_blank=True)
    config = ConfigField(required=False)
    context = ObjectField(required=False)  # type: ignore[assignment] # DRF's own `context` is the instance's
    metadata = MetadataField(required=False)
    name = StrictCharField(required=False, allow_blank=True)
    description = StrictCharField(required=False, allow_blank=True)


class AssistantCountBody(Body):
    metadata = ObjectField(default=dict)
    graph_id = StrictCharField(required=False, allow_blank=True)
    name = StrictCharField(required=False, allow_blank=True)


class AssistantPageBody(Body):
    limit = StrictIntegerField(default=10, min_value=1, max_value=1000)
    offset = StrictIntegerField(default=0, min_value=0, max_value=2**31 - 1)


class AssistantSearchBody(AssistantCountBody, AssistantPageBody):
    #: Checked, and of no further use.
    config = ConfigField(required=False)
    sort_by = serializers.ChoiceField(SORTABLE, default="created_at")
    sort_order = serializers.ChoiceField(["asc", "desc"], default="desc")
    select = serializers.ListField(child=serializers.ChoiceField(FIELDS), default=list)


class AssistantVersionsBody(AssistantPageBody):
    metadata = ObjectField(default=dict)


class AssistantLatestBody(Body):
    version = StrictIntegerField(required=False)


CREATE = AssistantCreateBody()
PATCH = AssistantPatchBody()
SEARCH = AssistantSearchBody()
COUNT = AssistantCountBody()
VERSIONS = AssistantVersionsBody()
LATEST = AssistantLatestBody()

"""The store on the wire."""

from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema_field
from langgraph.store.base import Item, SearchItem
from rest_framework import serializers

from langgraph_server.api.fields import (
    ObjectField,
    StrictBooleanField,
    StrictCharField,
    StrictFloatField,
    StrictIntegerField,
)
from langgraph_server.api.serializing import Body


def item_object(item: Item) -> dict[str, Any]:
    shown = {
        "namespace": list(item.namespace),
        "key": item.key,
        "value": item.value,
        "created_at": item.created_at.astimezone(UTC),
        "updated_at": item.updated_at.astimezone(UTC),
    }
    return {**shown, "score": item.score} if isinstance(item, SearchItem) else shown


class LabelsField(serializers.ListField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=StrictCharField(allow_blank=True), **kwargs)


@extend_schema_field({"oneOf": [{"type": "boolean", "enum": [False]}, {"type": "array", "items": {"type": "string"}}]})
class IndexField(serializers.Field[Any, Any, Any, Any]):
    """The paths to embed, or false for none."""

    default_error_messages = {"type": "must be null, false or a list of field paths"}

    def to_internal_value(self, data: Any) -> Any:
        if data is not False and not (isinstance(data, list) and all(isinstance(path, str) for path in data)):
            self.fail("type")
        return data


class ItemPutBody(Body):
    namespace = LabelsField()
    key = StrictCharField(allow_blank=True)
    value = ObjectField()
    index = IndexField(default=None, allow_null=True)
    ttl = StrictFloatField(default=None, allow_null=True)


class ItemDeleteBody(Body):
    namespace = LabelsField(default=list)
    key = StrictCharField(allow_blank=True)


class PageBody(Body):
    offset = StrictIntegerField(default=0, min_value=0)


class ItemSearchBody(PageBody):
    namespace_prefix = LabelsField(default=list, allow_null=True)
    filter = ObjectField(default=None, allow_null=True)
    query = StrictCharField(default=None, allow_null=True, allow_blank=True)
    limit = StrictIntegerField(default=10, min_value=0)
    refresh_ttl = StrictBooleanField(default=None, allow_null=True)


class NamespacesBody(PageBody):
    prefix = LabelsField(default=list, allow_null=True)
    suffix = LabelsField(default=list, allow_null=True)
    max_depth = StrictIntegerField(default=None, allow_null=True, min_value=0)
    limit = StrictIntegerField(default=100, min_value=0)


PUT = ItemPutBody()
DELETE = ItemDeleteBody()
SEARCH = ItemSearchBody()
NAMESPACES = NamespacesBody()

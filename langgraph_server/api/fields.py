"""Field types of the wire: as strict as its JSON schema, where DRF's own would coerce."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from langgraph_server.configurations import RESERVED_METADATA, strip

ONE_OR_MANY = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


@extend_schema_field({})
class AnyJsonField(serializers.Field[Any, Any, Any, Any]):
    """Any JSON value, untouched."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "object", "additionalProperties": True})
class ObjectField(serializers.Field[Any, Any, Any, Any]):
    default_error_messages = {"type": "must be an object"}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("type")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class MetadataField(ObjectField):
    """Without the server's own keys, which clients cannot set."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        return strip(super().to_internal_value(data), RESERVED_METADATA)


@extend_schema_field({"type": "object", "additionalProperties": True})
class ConfigField(ObjectField):
    """A runnable config: what LangGraph would choke on is refused, unknown keys stay."""

    default_error_messages = {
        "recursion_limit": "recursion_limit must be an integer above 0",
        "tags": "tags must be a list of strings",
        "configurable": "configurable must be an object",
        "metadata": "metadata must be an object",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        config = super().to_internal_value(data)
        limit, tags = config.get("recursion_limit", 1), config.get("tags", [])
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            self.fail("recursion_limit")
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            self.fail("tags")
        for key in ("configurable", "metadata"):
            if not isinstance(config.get(key, {}), dict):
                self.fail(key)
        return config


class StrictBooleanField(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictIntegerField(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictFloatField(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, (int, float)):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictCharField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


@extend_schema_field(ONE_OR_MANY)
class OneOrManyField(serializers.Field[Any, Any, Any, Any]):
    """A word of a set or a list of them, as a tuple; the empty list counts as absent."""

    default_error_messages = {
        "choice": "{value!r} is not one of {choices}",
        "type": "must be a string or a list of strings",
    }

    def __init__(self, choices: Iterable[str], **kwargs: Any) -> None:
        self.choices = tuple(choices)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> tuple[str, ...]:
        words = [data] if isinstance(data, str) else data
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            self.fail("type")
        for word in words:
            if word not in self.choices:
                self.fail("choice", value=word, choices=", ".join(self.choices))
        return tuple(dict.fromkeys(words))

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(ONE_OR_MANY)
class NodesField(serializers.Field[Any, Any, Any, Any]):
    """`"*"` or a list of node names."""

    default_error_messages = {"type": 'must be "*" or a list of node names'}

    def to_internal_value(self, data: Any) -> Any:
        if data != "*" and not (isinstance(data, list) and all(isinstance(node, str) for node in data)):
            self.fail("type")
        return data

    def to_representation(self, value: Any) -> Any:
        return value

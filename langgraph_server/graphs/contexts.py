"""What a client gives as context, as far as the graph's schema declares it; the rest is dropped (contract/runs.md)."""

from collections.abc import Collection
from dataclasses import fields, is_dataclass
from typing import Any, is_typeddict

from pydantic import BaseModel


def declared(context: Any, schema: object) -> Any:
    """A graph without a schema gets all of it."""
    names = names_of(schema)
    if names is None or not isinstance(context, dict):
        return context
    return {name: value for name, value in context.items() if name in names}


def shaped(context: object, schema: object) -> object:
    """As the object that the schema describes, like the engine shapes it for nodes."""
    context = declared(context, schema)
    if not isinstance(context, dict) or not isinstance(schema, type):
        return context
    return schema(**context) if is_dataclass(schema) or issubclass(schema, BaseModel) else context


def names_of(schema: object) -> Collection[str] | None:
    """None: any."""
    if not isinstance(schema, type):
        return None
    if is_dataclass(schema):
        return {field.name for field in fields(schema) if field.init}
    if issubclass(schema, BaseModel):
        if schema.model_config.get("extra") == "allow":
            return None
        return {name for key, field in schema.model_fields.items() for name in (key, field.alias) if name}
    return frozenset(schema.__annotations__) if is_typeddict(schema) else None

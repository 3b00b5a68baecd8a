"""A column for JSON documents that come back as they were written: order of keys, numbers and all."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from langgraph_server import encoding


class DocumentField(models.JSONField):
    """Postgres' `json` instead of `jsonb`: cheaper to write and exact, but nothing can be searched inside it."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "json"

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return encoding.document(value)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        """psycopg has read it already: Django takes only `jsonb` from it as text."""
        return value

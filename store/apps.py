"""The store app: over the tables of langgraph-checkpoint-postgres's store."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

from langgraph_server.stores import schema


class StoreConfig(AppConfig):
    name = "store"

    def ready(self) -> None:
        post_migrate.connect(make_tables, sender=self)


def make_tables(*, using: str, **_: Any) -> None:
    schema.ensure(connections, using)

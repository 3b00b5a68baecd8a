"""The checkpoints app: unmanaged models over the tables of langgraph-checkpoint-postgres."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

from langgraph_server.checkpoints import schema


class CheckpointsConfig(AppConfig):
    name = "langgraph_server.checkpoints"
    label = "checkpoints"

    def ready(self) -> None:
        post_migrate.connect(make_tables, sender=self)


def make_tables(*, using: str, **_: Any) -> None:
    schema.ensure(connections, using)

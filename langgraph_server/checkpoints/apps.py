"""The checkpoints app: unmanaged models over the tables of langgraph-checkpoint-postgres."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from langgraph_server.checkpoints import schema
from langgraph_server.errors import ConfigurationError


class CheckpointsConfig(AppConfig):
    name = "langgraph_server.checkpoints"
    label = "checkpoints"

    def ready(self) -> None:
        pre_migrate.connect(refuse_pooler, sender=self)
        post_migrate.connect(make_tables, sender=self)


def make_tables(*, using: str, **_: Any) -> None:
    schema.ensure(connections, using)


def refuse_pooler(**_: Any) -> None:
    """The tables are made under a lock of the session, and a session is what a pooler does not give."""
    if settings.POOLER:
        raise ConfigurationError(
            "migrate needs Postgres itself: name it in DATABASE_URI, without LANGGRAPH_SERVER_POOLER"
        )

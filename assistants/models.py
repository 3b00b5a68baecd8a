"""An assistant: a graph with a configuration, a context and a name; and the versions it went through."""

from typing import ClassVar
from uuid import uuid4

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Collate, Lower, Now

from assistants.querysets import AssistantQuerySet


class Assistant(models.Model):
    assistant_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    graph_id = models.TextField(db_index=True)
    name = models.TextField(default="Untitled")
    description = models.TextField(null=True, blank=True)
    config = models.JSONField(default=dict, blank=True)
    context = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    #: The one that is in use, not always the newest.
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AssistantQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index("created_at", name="assistant_created"),
            models.Index("updated_at", name="assistant_updated"),
            models.Index("graph_id", "assistant_id", name="assistant_graph"),
            models.Index(Lower("name"), "assistant_id", name="assistant_name"),
            models.Index(Collate(Lower("name"), "C"), name="assistant_name_begins"),
            GinIndex(fields=["metadata"], name="assistant_metadata", opclasses=["jsonb_path_ops"], fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.name


class AssistantVersion(models.Model):
    """What an assistant was from one change to the next. Rows are never changed."""

    # The constraint is in the migration: it cascades in the database.
    assistant = models.ForeignKey(
        Assistant, models.DO_NOTHING, related_name="versions", db_index=False, db_constraint=False
    )
    version = models.PositiveIntegerField()
    graph_id = models.TextField()
    name = models.TextField()
    description = models.TextField(null=True, blank=True)
    config = models.JSONField(default=dict, blank=True)
    context = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assistant", "version"], name="one_row_a_version"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"

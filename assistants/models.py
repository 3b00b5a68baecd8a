"""An assistant: a graph with a configuration, a context and a name."""

from typing import ClassVar
from uuid import uuid4

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now


class Assistant(models.Model):
    assistant_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    graph_id = models.TextField(db_index=True)
    name = models.TextField(default="Untitled")
    description = models.TextField(null=True, blank=True)
    config = models.JSONField(default=dict, blank=True)
    context = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes: ClassVar = [
            models.Index("created_at", name="assistant_created"),
            GinIndex(fields=["metadata"], name="assistant_metadata", opclasses=["jsonb_path_ops"], fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.name

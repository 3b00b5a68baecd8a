"""The library's tables as Django sees them: for the admin and for queries, never for writing."""

from typing import ClassVar

from django.db import models


class Checkpoint(models.Model):
    pk = models.CompositePrimaryKey("thread_id", "checkpoint_ns", "checkpoint_id")
    thread_id = models.TextField()
    checkpoint_ns = models.TextField(default="", blank=True)
    checkpoint_id = models.TextField()
    parent_checkpoint_id = models.TextField(null=True)
    checkpoint = models.JSONField()
    metadata = models.JSONField()

    class Meta:
        managed = False
        db_table = "checkpoints"
        permissions: ClassVar = [("view_content", "Can read what graphs and clients wrote, in the whole admin")]

    def __str__(self) -> str:
        return self.checkpoint_id


class CheckpointBlob(models.Model):
    pk = models.CompositePrimaryKey("thread_id", "checkpoint_ns", "channel", "version")
    thread_id = models.TextField()
    checkpoint_ns = models.TextField(default="", blank=True)
    channel = models.TextField()
    version = models.TextField()
    type = models.TextField()
    blob = models.BinaryField(null=True)

    class Meta:
        managed = False
        db_table = "checkpoint_blobs"

    def __str__(self) -> str:
        return f"{self.channel} {self.version}"


class CheckpointWrite(models.Model):
    pk = models.CompositePrimaryKey("thread_id", "checkpoint_ns", "checkpoint_id", "task_id", "idx")
    thread_id = models.TextField()
    checkpoint_ns = models.TextField(default="", blank=True)
    checkpoint_id = models.TextField()
    task_id = models.TextField()
    task_path = models.TextField(default="", blank=True)
    idx = models.IntegerField()
    channel = models.TextField()
    type = models.TextField(null=True)
    blob = models.BinaryField()

    class Meta:
        managed = False
        db_table = "checkpoint_writes"

    def __str__(self) -> str:
        return f"{self.task_id} {self.channel}"


class Farewell(models.Model):
    """What the application's own checkpointer is still to delete: a thread's checkpoints, or those of one run.

    Written in the transaction that deletes the rows, because no other can be sure of both.
    """

    thread_id = models.UUIDField(db_index=True)
    run_id = models.UUIDField(null=True)
    #: Who took it has so long to carry it out.
    taken_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "checkpoints_farewell"

    def __str__(self) -> str:
        return f"thread {self.thread_id}" if self.run_id is None else f"run {self.run_id}"

"""What is written down of runs and workers for operators: nothing reads it to decide anything.

The rows of a run go with it: their keys cascade in the database, see runs/migrations/0010_records.py.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from runs.choices import AttemptOutcome


class Attempt(models.Model):
    """One claim of a run that is over. The one that lasts is told by the run's own row."""

    pk = models.CompositePrimaryKey("run", "token")
    run = models.ForeignKey("runs.Run", models.DO_NOTHING, related_name="attempts", db_index=False, db_constraint=False)
    #: The fence that it held; grows from one to the next.
    token = models.BigIntegerField()
    #: As it was counted then: one that was released gives its number to the next.
    attempt = models.PositiveIntegerField()
    worker_id = models.UUIDField()
    due_at = models.DateTimeField()
    started_at = models.DateTimeField()
    #: Of a lost one: when that was noticed.
    ended_at = models.DateTimeField(db_default=Now())
    outcome = models.TextField(choices=AttemptOutcome)

    def __str__(self) -> str:
        return f"{self.attempt}: {self.outcome}"


class TimelinePart(models.Model):
    """What happened in an attempt, in the order in which it was written down (runs.timelines tells what is in it)."""

    pk = models.CompositePrimaryKey("run", "token", "part")
    run = models.ForeignKey("runs.Run", models.DO_NOTHING, related_name="timeline", db_index=False, db_constraint=False)
    token = models.BigIntegerField()
    part = models.PositiveSmallIntegerField()
    document = models.TextField()
    written_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index("written_at", name="timeline_written")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.token}.{self.part}"


class Worker(models.Model):
    """A worker process, from its start until a day after it was last heard of."""

    #: The owner that the runs it holds name.
    worker_id = models.UUIDField(primary_key=True, editable=False)
    host = models.TextField()
    process = models.PositiveIntegerField()
    queues = ArrayField(models.TextField())
    slots = models.PositiveIntegerField()
    #: Those it held when it last spoke.
    runs = models.PositiveIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    #: It takes no more runs and leaves when those it holds are over.
    draining = models.BooleanField(default=False, db_default=False)
    #: When it said goodbye; null of one that works, and of one that was killed.
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.host}:{self.process}"


class Minute(models.Model):
    """How long the runs of a graph waited and took within a minute, counted into the buckets of runs.paces.

    `waits` are claims, `spans` attempts that ended their run. The minute `epoch` (1970) counts for ever.
    """

    pk = models.CompositePrimaryKey("minute", "graph_id")
    minute = models.DateTimeField()
    graph_id = models.TextField()
    waits = ArrayField(models.BigIntegerField())
    spans = ArrayField(models.BigIntegerField())
    #: Seconds, of all of them together.
    waited = models.FloatField()
    spent = models.FloatField()

    def __str__(self) -> str:
        return f"{self.graph_id} {self.minute:%Y-%m-%d %H:%M}"

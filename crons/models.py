"""A cron: a run that is asked for again and again; and its firings, one an instant with any number of schedulers."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from assistants.models import Assistant
from crons.querysets import CronFiringQuerySet, CronQuerySet
from langgraph_server.documents import DocumentField
from langgraph_server.ids import uuid7
from runs.choices import OnCompletion
from threads.models import Thread


class Cron(models.Model):
    cron_id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Like that of the thread, it cascades in the database: a cron goes with its assistant.
    assistant = models.ForeignKey(Assistant, models.DO_NOTHING, related_name="crons", db_constraint=False)
    # The constraint is in the migration: it cascades in the database, so that deleting a thread reads no rows.
    thread = models.ForeignKey(
        Thread, models.DO_NOTHING, related_name="crons", null=True, blank=True, db_constraint=False
    )
    #: Identity of who made it, and so whom its runs act for.
    user_id = models.TextField(default="", blank=True)
    #: All that authentication told of them then, as graphs see it.
    user = DocumentField(null=True, blank=True)
    #: The filter over the threads and assistants that its runs may have.
    reach = models.JSONField(default=dict, db_default={})
    #: 5 fields, or 6 with the seconds last, or an alias like @daily.
    schedule = models.TextField()
    #: IANA name; null: UTC.
    timezone = models.TextField(null=True, blank=True)
    #: As the client wrote it.
    end_time = models.TextField(null=True, blank=True)
    #: The same as an instant: no later occurrence fires.
    end_at = models.DateTimeField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    #: The body it was made with, and what later changes gave.
    payload = DocumentField(default=dict)
    metadata = models.JSONField(default=dict)
    #: Of the thread that each stateless run gets; null for crons of a thread.
    on_run_completed = models.TextField(choices=OnCompletion, null=True, blank=True)
    #: Null once it has ended, or if its schedule cannot be read any more.
    next_run_date = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CronQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index("next_run_date", name="cron_due", condition=Q(enabled=True)),
            models.Index("created_at", name="cron_created"),
            # Each column that a search may sort by, as `sorted_by` does: what is null counts as oldest.
            models.Index(F("thread").asc(nulls_first=True), "cron_id", name="cron_thread"),
            models.Index(F("next_run_date").asc(nulls_first=True), "cron_id", name="cron_next_sorted"),
            models.Index(F("end_time").asc(nulls_first=True), "cron_id", name="cron_end"),
            models.Index("updated_at", name="cron_updated"),
            # For the admin's lists: all by when they are due, and the few that are off.
            models.Index("next_run_date", name="cron_next"),
            models.Index("created_at", name="cron_off", condition=Q(enabled=False)),
            GinIndex(fields=["metadata"], name="cron_metadata", opclasses=["jsonb_path_ops"], fastupdate=False),
        ]

    def __str__(self) -> str:
        return str(self.cron_id)


class CronFiring(models.Model):
    """One occurrence that was fired, or had to be skipped."""

    cron = models.ForeignKey(Cron, models.DO_NOTHING, related_name="firings", db_index=False, db_constraint=False)
    #: The occurrence, or the moment somebody wished for one.
    instant = models.DateTimeField()
    #: The run that was admitted, which may be gone; null if none was.
    run_id = models.UUIDField(null=True, blank=True)
    #: Why no run was admitted.
    reason = models.TextField(default="", blank=True)
    fired_at = models.DateTimeField(db_default=Now())
    #: How late it was.
    lag = models.DurationField()

    objects = CronFiringQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index("fired_at", name="cronfiring_fired")]
        constraints: ClassVar = [models.UniqueConstraint("cron", "instant", name="one_firing_an_instant")]

    def __str__(self) -> str:
        return f"{self.cron_id} at {self.instant:%Y-%m-%d %H:%M:%S}"

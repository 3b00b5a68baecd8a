"""Old processes go on on the new schema: what came after the last release only adds, and holds no table for long.

At a release the baseline moves to its last migrations.
"""

import datetime
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

#: The last migration of each app in 0.1.0.
BASELINE = {
    "assistants": "0004_find_by_name",
    "checkpoints": "0003_permission_to_read_content",
    "crons": "0005_indexes_of_lists",
    "langgraph_server": "0001_view_of_runs",
    "access": "0001_api_keys",
    "runs": "0010_records",
    "store": "0002_namespaces_for_the_admin",
    "threads": "0008_thread_priority",
    "webhooks": "0004_find_waiting_deliveries",
}
#: What breaks a rule all the same, and why old processes bear it.
ARGUED: Mapping[tuple[str, str], str] = {
    ("runs", "0013_only_running_runs_have_an_owner"): "what ends a run or gives it back has always taken its owner",
}

LOADER = MigrationLoader(None, ignore_no_migrations=True)
#: Statements cannot be judged; these words in one would show that it does more than add.
MORE_THAN_ADDING = ("drop table", "drop column", "rename", " type ", "set not null")


def later() -> list[migrations.Migration]:
    known = {node for app, name in BASELINE.items() for node in LOADER.graph.forwards_plan((app, name))}
    return [
        found for node, found in sorted(LOADER.disk_migrations.items()) if node not in known and node[0] in BASELINE
    ]


def objection(operation: Operation, made: set[str]) -> str:
    """Why old processes would suffer from it; `made` are the models that are as new."""
    match operation:
        case (
            migrations.CreateModel()
            | AddIndexConcurrently()
            | RemoveIndexConcurrently()
            | ValidateConstraint()
            | migrations.AlterModelOptions()
        ):
            return ""
        case migrations.AddField(field=field):
            fills_itself = field.null or field.has_db_default() or isinstance(field, models.ManyToManyField)
            return "" if fills_itself else "old processes insert rows without it"
        case AddConstraintNotValid():
            return "old processes may write what it forbids"
        case migrations.AddIndex() | migrations.AddConstraint():
            return "" if operation.model_name in made else "writers wait while it is made: do it concurrently"
        case migrations.RunSQL(sql=sql):
            found = [word for word in MORE_THAN_ADDING if word in str(sql).lower()]
            return f"its statement has {found}" if found else ""
    return f"{type(operation).__name__} changes what is there"


def objections(found: migrations.Migration) -> list[str]:
    made = {operation.name_lower for operation in found.operations if isinstance(operation, migrations.CreateModel)}
    return [told for operation in found.operations if (told := objection(operation, made))]


def test_the_baseline_is_there() -> None:
    assert set(BASELINE.items()) <= LOADER.disk_migrations.keys()


def test_what_came_after_the_release_only_adds() -> None:
    told = {(each.app_label, each.name): objections(each) for each in later()}

    assert {name: why for name, why in told.items() if why and name not in ARGUED} == {}


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("run", "queue"),
        migrations.AddField("run", "mood", models.TextField()),
        migrations.AlterField("run", "queue", models.IntegerField()),
        migrations.RenameField("run", "queue", "lane"),
        migrations.AddIndex("run", models.Index("queue", name="slow")),
        AddConstraintNotValid("run", models.CheckConstraint(condition=models.Q(attempt__lt=9), name="impatient")),
        migrations.RunSQL("ALTER TABLE runs_run DROP COLUMN queue"),
        migrations.DeleteModel("run"),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_what_old_processes_would_suffer_from_is_noticed(operation: Operation) -> None:
    assert objection(operation, set())


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("run", "mood", models.TextField(null=True)),
        migrations.AddField("run", "mood", models.TextField(default="good", db_default="good")),
        AddIndexConcurrently("run", models.Index("queue", name="patient")),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY patient ON runs_run (queue)"),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_what_only_adds_is_let_through(operation: Operation) -> None:
    assert not objection(operation, set())


@pytest.mark.django_db
def test_models_of_the_release_read_and_write_todays_tables() -> None:
    """With all the columns that they know, and no other."""
    old = LOADER.project_state(list(BASELINE.items())).apps
    now = datetime.datetime.now(datetime.UTC)
    thread = old.get_model("threads", "Thread").objects.create(metadata={"owner": "user:7"})
    assistant = old.get_model("assistants", "Assistant").objects.create(graph_id="echo")
    own = {"thread_id": thread.pk, "assistant_id": assistant.pk}
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("runs", "Run", {**own, "graph_id": "echo", "created_at": now, "due_at": now}),
        ("crons", "Cron", {**own, "schedule": "@daily"}),
        ("webhooks", "Delivery", {"run_id": uuid4(), "url": "https://example.com", "body": {}}),
        ("access", "ApiKey", {"key_id": "one", "digest": "two", "service": "billing"}),
    ]
    for app, name, fields in rows:
        model = old.get_model(app, name)
        made = model.objects.create(**fields)
        made.save()
        assert model.objects.get(pk=made.pk) == made

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("runs", "0007_find_tasks_of_agents"), ("threads", "0008_thread_priority")]

    operations = [
        migrations.AddField("run", "priority", models.SmallIntegerField(db_default=0, default=0)),
        AddIndexConcurrently(
            model_name="run",
            index=models.Index(
                models.F("queue"),
                models.F("priority"),
                models.F("created_at"),
                models.F("run_id"),
                condition=models.Q(("status", "pending")),
                name="run_next",
            ),
        ),
        RemoveIndexConcurrently("run", "run_pending"),
    ]

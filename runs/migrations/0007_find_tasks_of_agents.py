from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("runs", "0006_receivers_of_their_own_protocol")]

    operations = [
        AddIndexConcurrently(
            model_name="run",
            index=models.Index(
                models.F("assistant"),
                models.F("created_at"),
                condition=models.Q(("metadata__a2a__has_key", "task_start_id")),
                name="run_task",
            ),
        ),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("threads", "0008_thread_priority")]

    operations = [
        AddIndexConcurrently(
            "thread",
            models.Index("state_updated_at", name="thread_state_updated", condition=models.Q(temporary=False)),
        ),
    ]

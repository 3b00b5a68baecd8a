from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("runs", "0008_priority")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="charges",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="run",
            name="lost_by",
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        AddIndexConcurrently(
            model_name="run",
            index=models.Index(
                models.F("lost_by"),
                condition=models.Q(("lost_by__isnull", False)),
                name="run_lost_by",
            ),
        ),
    ]

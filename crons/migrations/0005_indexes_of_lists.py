from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("crons", "0004_makers")]

    operations = [
        AddIndexConcurrently(model_name="cron", index=models.Index(models.F("next_run_date"), name="cron_next")),
        AddIndexConcurrently(
            model_name="cron",
            index=models.Index(models.F("created_at"), condition=models.Q(("enabled", False)), name="cron_off"),
        ),
    ]

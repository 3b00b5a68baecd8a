from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("crons", "0005_indexes_of_lists")]

    operations = [
        AddIndexConcurrently("cron", models.Index(F("thread").asc(nulls_first=True), "cron_id", name="cron_thread")),
        AddIndexConcurrently(
            "cron", models.Index(F("next_run_date").asc(nulls_first=True), "cron_id", name="cron_next_sorted")
        ),
        AddIndexConcurrently("cron", models.Index(F("end_time").asc(nulls_first=True), "cron_id", name="cron_end")),
        AddIndexConcurrently("cron", models.Index("updated_at", name="cron_updated")),
    ]

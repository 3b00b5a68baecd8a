from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("threads", "0004_expiry")]

    operations = [
        migrations.AddField(
            model_name="thread",
            name="waits",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="thread",
            name="refresh_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="thread",
            index=models.Index("refresh_at", condition=models.Q(refresh_at__isnull=False), name="thread_refresh"),
        ),
    ]

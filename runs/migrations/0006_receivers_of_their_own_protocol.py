from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0005_find_failed_runs")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="push",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
    ]

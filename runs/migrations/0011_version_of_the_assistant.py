from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0010_records")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="assistant_version",
            field=models.PositiveIntegerField(blank=True, editable=False, null=True),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_find_given_up_deliveries")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="headers",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
    ]

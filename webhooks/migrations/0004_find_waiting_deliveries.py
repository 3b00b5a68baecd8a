from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("webhooks", "0003_headers_that_receivers_asked_for")]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                models.F("created_at"), condition=models.Q(("state", "pending")), name="delivery_waiting"
            ),
        ),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("assistants", "0003_first_versions")]

    operations = [
        AddIndexConcurrently("assistant", models.Index(Lower("name"), models.F("assistant_id"), name="assistant_name")),
    ]

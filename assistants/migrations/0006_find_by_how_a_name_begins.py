from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Collate, Lower


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("assistants", "0005_sorted_by_any_column")]

    operations = [
        AddIndexConcurrently("assistant", models.Index(Collate(Lower("name"), "C"), name="assistant_name_begins")),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("runs", "0011_version_of_the_assistant")]

    operations = [
        AddIndexConcurrently("run", models.Index("graph_id", "created_at", name="run_graph")),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("assistants", "0004_find_by_name")]

    operations = [
        AddIndexConcurrently("assistant", models.Index("updated_at", name="assistant_updated")),
        AddIndexConcurrently("assistant", models.Index("graph_id", "assistant_id", name="assistant_graph")),
    ]

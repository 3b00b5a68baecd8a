from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("runs", "0012_find_runs_of_a_graph")]

    operations = [
        AddConstraintNotValid(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=Q(status="running") | Q(owner__isnull=True), name="only_running_run_has_owner"
            ),
        ),
    ]

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("runs", "0013_only_running_runs_have_an_owner")]

    operations = [ValidateConstraint(model_name="run", name="only_running_run_has_owner")]

"""What scalers of the official charts ask for: a relation `run` with a `status`."""

from django.db import migrations

VIEW = """
CREATE VIEW run AS
SELECT run_id, thread_id, assistant_id, status, queue, created_at, updated_at, due_at FROM runs_run
"""


class Migration(migrations.Migration):
    dependencies = [("runs", "0002_epochs_and_cascade")]

    operations = [migrations.RunSQL(VIEW, "DROP VIEW run")]

from django.db import migrations

# A busy thread's status before its run is not known any more; its interrupts tell most of it.
WAITING = """
UPDATE threads_thread SET waits = true
WHERE status = 'interrupted' OR (status <> 'idle' AND interrupts::text <> '{}')
"""


class Migration(migrations.Migration):
    dependencies = [("threads", "0005_waiting_and_refreshing")]

    operations = [migrations.RunSQL(WAITING, migrations.RunSQL.noop)]

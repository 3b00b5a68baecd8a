"""Keys that cascade in the database: a thread takes its crons along, a cron its firings."""

from django.db import migrations

CASCADES = """
ALTER TABLE crons_cron ADD CONSTRAINT cron_thread_fk
    FOREIGN KEY (thread_id) REFERENCES threads_thread (thread_id) ON DELETE CASCADE;
ALTER TABLE crons_cronfiring ADD CONSTRAINT cronfiring_cron_fk
    FOREIGN KEY (cron_id) REFERENCES crons_cron (cron_id) ON DELETE CASCADE;
"""

UNDO = """
ALTER TABLE crons_cronfiring DROP CONSTRAINT cronfiring_cron_fk;
ALTER TABLE crons_cron DROP CONSTRAINT cron_thread_fk;
"""


class Migration(migrations.Migration):
    dependencies = [("crons", "0001_initial")]

    operations = [migrations.RunSQL(CASCADES, UNDO)]

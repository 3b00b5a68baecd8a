"""What Django cannot say: the sequence of epochs, keys that cascade in the database, room for in-place updates."""

from django.db import migrations

CASCADES = """
ALTER TABLE runs_run ADD CONSTRAINT run_thread_fk
    FOREIGN KEY (thread_id) REFERENCES threads_thread (thread_id) ON DELETE CASCADE;
ALTER TABLE runs_runevent ADD CONSTRAINT runevent_run_fk
    FOREIGN KEY (run_id) REFERENCES runs_run (run_id) ON DELETE CASCADE;
"""

UNDO_CASCADES = """
ALTER TABLE runs_runevent DROP CONSTRAINT runevent_run_fk;
ALTER TABLE runs_run DROP CONSTRAINT run_thread_fk;
"""

ROOM = """
ALTER TABLE runs_run SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE threads_thread SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
"""


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE runs_epoch AS bigint", "DROP SEQUENCE runs_epoch"),
        migrations.RunSQL(CASCADES, UNDO_CASCADES),
        migrations.RunSQL(ROOM, migrations.RunSQL.noop),
    ]

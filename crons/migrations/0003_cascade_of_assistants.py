"""An assistant takes its crons along, as a thread does. Crons of assistants that are gone go now."""

from django.db import migrations

CASCADE = """
DELETE FROM crons_cron c WHERE NOT EXISTS (SELECT FROM assistants_assistant a WHERE a.assistant_id = c.assistant_id);
ALTER TABLE crons_cron ADD CONSTRAINT cron_assistant_fk
    FOREIGN KEY (assistant_id) REFERENCES assistants_assistant (assistant_id) ON DELETE CASCADE;
"""

UNDO = "ALTER TABLE crons_cron DROP CONSTRAINT cron_assistant_fk"


class Migration(migrations.Migration):
    dependencies = [("crons", "0002_cascade"), ("assistants", "0003_first_versions")]

    operations = [migrations.RunSQL(CASCADE, UNDO)]

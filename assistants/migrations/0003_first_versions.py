"""Assistants that were there before versions were kept: what they are now is all that is known of them."""

from django.db import migrations

RECORD = """
INSERT INTO assistants_assistantversion
    (assistant_id, version, graph_id, name, description, config, context, metadata, created_at)
SELECT assistant_id, version, graph_id, name, description, config, context, metadata, updated_at
FROM assistants_assistant
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("assistants", "0002_versions")]

    operations = [migrations.RunSQL(RECORD, migrations.RunSQL.noop)]

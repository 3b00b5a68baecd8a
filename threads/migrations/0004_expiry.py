"""When a thread expires, for the sweeper: Django cannot write this expression."""

from django.db import migrations

CREATE = """
CREATE INDEX thread_expiry ON threads_thread
    (((updated_at AT TIME ZONE 'UTC') + ttl_minutes * interval '1 minute'))
    WHERE ttl_minutes IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("threads", "0003_documents_as_written")]

    operations = [migrations.RunSQL(CREATE, "DROP INDEX thread_expiry")]

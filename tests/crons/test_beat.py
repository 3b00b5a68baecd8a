"""The clock's process."""

from pathlib import Path

import psycopg

from tests.support.installation import installed

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def test_a_beat_that_is_told_to_end_in_mid_query_ends(tmp_path: Path) -> None:
    with installed(tmp_path) as installation:
        with psycopg.connect(installation.database_uri) as holder:
            holder.execute("LOCK TABLE django_celery_beat_periodictask")
            beat = installation.start_beat()
            installation.until(lambda: installation.value(WAITS), patience=60)
            beat.popen.terminate()

        assert beat.wait(30) == 0

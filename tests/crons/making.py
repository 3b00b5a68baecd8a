"""Crons for tests."""

from datetime import timedelta
from typing import Any

from django.utils.timezone import now

from assistants.builtin import assistant_id_of
from crons.models import Cron
from crons.payloads import kept
from langgraph_server.ids import uuid7

HOUR = timedelta(hours=1)


def make_cron(*, late: timedelta = timedelta(seconds=1), body: dict[str, Any] | None = None, **fields: Any) -> Cron:
    """Due for a second, unless said otherwise."""
    cron_id = uuid7()
    payload = kept({"input": {"said": "hi"}, **(body or {})}, cron_id=cron_id, config={})
    columns: dict[str, Any] = {"schedule": "* * * * *", "next_run_date": now() - late, **fields}
    if "thread" not in columns:
        columns.setdefault("on_run_completed", "delete")
    return Cron.objects.create(cron_id=cron_id, payload=payload, **{"assistant_id": assistant_id_of("echo"), **columns})

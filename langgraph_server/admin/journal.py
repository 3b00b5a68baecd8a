"""What was done in the admin, by whom, to which rows and why."""

from collections.abc import Iterable

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP


def note(request: HttpRequest, rows: Iterable[Model], deed: str, *, reason: str = "", flag: int = CHANGE) -> None:
    message = f"{deed} Reason: {reason}" if reason else deed
    LogEntry.objects.log_actions(request.user.pk, rows, flag, message)  # type: ignore[arg-type]  # staff has a key

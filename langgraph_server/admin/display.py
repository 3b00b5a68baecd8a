"""How the admin shows links, moments and spans of time."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

NOTHING = "-"

#: A method of an admin page that shows something of a row.
Column = Callable[[Any, Any], Any]


def link(page: str, key: object, text: object = "", *, query: Mapping[str, Any] | None = None) -> SafeString:
    """To a page of the admin, by its name: `runs_run_change`."""
    address = reverse(f"admin:{page}", args=[key], query=query)
    return format_html('<a href="{}">{}</a>', address, text or key)


def short(key: object) -> SafeString:
    """The last part of a UUID, where the random of time-ordered ones is; the whole one is its tooltip."""
    return hinted(f"…{str(key)[-12:]}", key)


def hinted(text: object, hint: object) -> SafeString:
    return format_html('<span title="{}" class="nowrap">{}</span>', hint, text)


def short_link(page: str, key: object) -> SafeString:
    return link(page, key, short(key))


def one_line(text: object, kind: str = "") -> SafeString:
    return format_html('<span class="nowrap {}">{}</span>', kind, text)


def status(word: str, *, alarming: bool) -> SafeString:
    return one_line(word, "lgs-alarming" if alarming else "")


def moment(at: datetime | None) -> str:
    return one_line(localtime(at).strftime("%Y-%m-%d %H:%M:%S")) if at else NOTHING


def span(length: timedelta) -> str:
    seconds = length.total_seconds()
    if seconds < 1:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, whole = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {whole} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def moment_column(field: str, label: str = "") -> Column:
    @admin.display(description=label or field.removesuffix("_at").replace("_", " "), ordering=field)
    def shown(page: Any, row: Any) -> Any:
        return moment(getattr(row, field))

    return shown

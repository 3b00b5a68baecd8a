"""How the admin shows documents: what graphs and clients wrote is always escaped, and readable to who may read it."""

import json
from typing import Any

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from langgraph_server.admin.differences import MISSING
from langgraph_server.admin.display import NOTHING, Column
from langgraph_server.encryption.documents import here, opened
from langgraph_server.encryption.errors import EncryptionFailed

#: Characters of one document that a page shows.
LONGEST = 20_000
#: Characters of one side of a comparison.
LONGEST_SIDE = 4_000


def document(value: Any, *, longest: int = LONGEST) -> str:
    """JSON, indented; cut where it gets long."""
    if value is None:
        return NOTHING
    value = readable(value)
    return render_text(json.dumps(value, indent=2, ensure_ascii=False), longest=longest)


def readable(value: Any) -> Any:
    """For who may read it; where nobody can, the page says why."""
    try:
        return here(opened("admin", "", value))
    except EncryptionFailed as error:
        return f"({error})"


def render_text(text: str, *, longest: int = LONGEST) -> SafeString:
    context = {"text": text[:longest], "rest": max(0, len(text) - longest)}
    return render_to_string("admin/langgraph_server/document.html", context)


def side(value: Any) -> str:
    """One side of a comparison: texts are easier to read as they are, nothing is other than null."""
    if value is MISSING:
        return NOTHING
    if isinstance(value, str):
        return render_text(value, longest=LONGEST_SIDE)
    return "null" if value is None else document(value, longest=LONGEST_SIDE)


def document_column(field: str) -> Column:
    @admin.display(description=field.replace("_", " "))
    def shown(page: Any, row: Any) -> Any:
        return document(getattr(row, field))

    return shown

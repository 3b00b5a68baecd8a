"""Deeds that are asked about first, and done with a reason that the log keeps."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP
from django.template.response import TemplateResponse

from langgraph_server.admin.stock import Page

#: What the button of the page says that it was pressed.
PRESSED = "post"


class Reason(forms.Form):
    reason = forms.CharField(max_length=500, label="Reason, for the log", widget=forms.TextInput(attrs={"size": 60}))


def reason_given(request: HttpRequest) -> str:
    """Empty: it has to be asked for."""
    form = Reason(request.POST)
    return form.cleaned_data["reason"] if request.POST.get(PRESSED) and form.is_valid() else ""


def ask(
    request: HttpRequest, page: Page[Any], rows: Sequence[Model], *, action: str, title: str, consequence: str
) -> TemplateResponse:
    """The page that asks; its answer comes to the same action."""
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": title,
        "consequence": consequence,
        "rows": rows,
        "action": action,
        "form": Reason(request.POST if request.POST.get(PRESSED) else None),
    }
    return TemplateResponse(request, "admin/langgraph_server/confirmation.html", context)

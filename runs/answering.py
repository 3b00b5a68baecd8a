"""The page on which an operator answers the interrupts that a thread waits with."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect  # noqa: TID251 - the admin's pages speak HTTP
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from langgraph_server.admin import journal
from langgraph_server.admin.confirming import Reason
from langgraph_server.admin.content import may_read
from langgraph_server.admin.documents import document
from langgraph_server.encryption.documents import here
from langgraph_server.errors import DomainError
from runs.admission import admit
from runs.repeating import answer
from runs.sealing import sealed
from threads.choices import ThreadStatus
from threads.models import Thread


class Answer(Reason):
    value = forms.JSONField(label="Answer, as JSON", widget=forms.Textarea(attrs={"rows": 8, "cols": 80}))

    field_order = ("value", "reason")


def answering_page(
    request: HttpRequest, thread_id: object, context: Mapping[str, Any]
) -> TemplateResponse | HttpResponseRedirect:
    if not (request.user.has_perm("runs.add_run") and may_read(request)):
        raise PermissionDenied
    thread = get_object_or_404(Thread, thread_id=thread_id)
    form = Answer(request.POST or None)
    if request.method == "POST" and thread.status == ThreadStatus.INTERRUPTED and form.is_valid():
        return resume(request, thread, form)
    waiting = [document(each) for of_task in (thread.interrupts or {}).values() for each in of_task]
    shown = {"title": "Answer", "thread": thread, "form": form, "interrupts": waiting, "several": several(thread)}
    waits = thread.status == ThreadStatus.INTERRUPTED
    return TemplateResponse(request, "admin/runs/run/answering.html", {**context, **shown, "waits": waits})


def several(thread: Thread) -> str:
    """How to answer more than one: by their ids."""
    ids = [each["id"] for of_task in (thread.interrupts or {}).values() for each in of_task if "id" in each]
    return json.dumps(dict.fromkeys(ids, "…"), ensure_ascii=False) if len(ids) > 1 else ""


def resume(request: HttpRequest, thread: Thread, form: Answer) -> HttpResponseRedirect:
    (made,) = admit([here(sealed(answer(thread, form.cleaned_data["value"])))])
    if isinstance(made, DomainError):
        messages.error(request, str(made))
        return HttpResponseRedirect(reverse("admin:threads_thread_change", args=[thread.thread_id]))
    journal.note(request, [thread], f"Answered, by run {made.run_id}.", reason=form.cleaned_data["reason"])
    messages.success(request, "The thread goes on.")
    return HttpResponseRedirect(reverse("admin:runs_run_change", args=[made.run_id]))

"""Two versions of an assistant side by side: the admin's page of what changed from one to the other."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP
from django.template.response import TemplateResponse

from assistants.models import Assistant, AssistantVersion
from assistants.versions import HELD
from langgraph_server.admin.comparing import changes
from langgraph_server.admin.display import moment
from langgraph_server.admin.documents import readable, side


class Pair(forms.Form):
    before = forms.IntegerField(min_value=1, max_value=2**31 - 1, label="Version")
    after = forms.IntegerField(min_value=1, max_value=2**31 - 1, label="against version")


def comparison_page(request: HttpRequest, assistant: Assistant, context: Mapping[str, Any]) -> TemplateResponse:
    form = Pair({**newest_two(assistant), **request.GET.dict()})
    chosen = [form.cleaned_data["before"], form.cleaned_data["after"]] if form.is_valid() else []
    found = {each.version: each for each in assistant.versions.filter(version__in=chosen)}
    pair = [found[number] for number in chosen if number in found]
    return TemplateResponse(
        request,
        "admin/assistants/assistant/comparison.html",
        {
            **context,
            "title": "Versions side by side",
            "original": assistant,
            "form": form,
            "lacking": [number for number in chosen if number not in found],
            "versions": [heading(assistant, version) for version in pair],
            **(compared(*pair) if len(pair) == 2 else {}),
        },
    )


def newest_two(assistant: Assistant) -> dict[str, int]:
    """The newest against the one before it; an assistant of one version against itself."""
    numbers = list(assistant.versions.order_by("-version").values_list("version", flat=True)[:2])
    return {"before": numbers[-1], "after": numbers[0]} if numbers else {}


def heading(assistant: Assistant, version: AssistantVersion) -> dict[str, Any]:
    in_use = version.version == assistant.version
    return {"number": version.version, "created": moment(version.created_at), "in_use": in_use}


def compared(before: AssistantVersion, after: AssistantVersion) -> dict[str, Any]:
    return {**changes(held(before), held(after)), "documents": list(documents(before, after))}


def held(version: AssistantVersion) -> dict[str, Any]:
    return {name: readable(getattr(version, name)) for name in HELD}


def documents(before: AssistantVersion, after: AssistantVersion) -> Iterator[tuple[str, bool, str, str]]:
    """All that the versions hold, whether it changed or not."""
    for name in HELD:
        values = readable(getattr(before, name)), readable(getattr(after, name))
        yield name, values[0] != values[1], side(values[0]), side(values[1])

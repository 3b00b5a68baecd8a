"""The overview on the admin's first page."""

from typing import Any

from django import template

from langgraph_server.overview import SECTIONS, paces

register = template.Library()


@register.inclusion_tag("admin/langgraph_server/overview.html")
def overview(user: Any) -> dict[str, Any]:
    """What this person may see."""
    sections = [(each.title, list(each.lines())) for each in SECTIONS if user.has_perm(each.permission)]
    return {"sections": sections, "paces": list(paces()) if user.has_perm("runs.view_run") else []}

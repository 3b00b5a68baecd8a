"""A cron's body as its row may hold it: what its runs will be given is encrypted when the cron is made."""

from collections.abc import Mapping
from typing import Any

from langgraph_server.encryption import parts
from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.documents import content
from langgraph_server.encryption.envelopes import ASIDE, guarded, refuse_reserved

CRON = "cron"


async def sealed(body: Mapping[str, Any]) -> dict[str, Any]:
    """As much of it as there is, and what the workers of its runs need to open it."""
    chosen = cipher()
    if chosen is None or not body:
        return dict(body)
    refuse_reserved(body)
    kept = {**guarded(body), **await parts.settings_in(CRON, body)}
    if "input" in body:
        kept["input"] = await content(CRON, "input", body["input"])
    return {**kept, ASIDE: await chosen.aside()}

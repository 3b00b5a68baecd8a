"""What changed from one document to another, as a page shows it (admin/langgraph_server/changes.html)."""

from itertools import islice
from typing import Any

from langgraph_server.admin.differences import differences
from langgraph_server.admin.documents import readable, side

#: Differences that a page shows.
MOST = 200


def changes(before: Any, after: Any) -> dict[str, Any]:
    found = list(islice(differences(readable(before), readable(after)), MOST + 1))
    return {
        "changes": [(each.path, each.kind, side(each.before), side(each.after)) for each in found[:MOST]],
        "goes_on": len(found) > MOST,
    }

"""Which protocols tell their receivers of a run's end, for every process that may end one."""

from typing import TYPE_CHECKING

from langgraph_server.gateways.a2a import PROTOCOL
from runs.protocols import PROTOCOLS

if TYPE_CHECKING:
    from runs.models import Run
    from webhooks.outbox import Report


def a2a(run: "Run") -> "Report | None":
    from langgraph_server.gateways.a2a import pushing  # noqa: PLC0415 - most processes start without ever needing it

    return pushing.report(run)


PROTOCOLS[PROTOCOL] = a2a

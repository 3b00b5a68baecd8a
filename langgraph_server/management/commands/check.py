"""Django's `check`, and whether the application's graphs, store and checkpointer can be served."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.management.commands import check

from langgraph_server.checkpoints import reports as checkpoints
from langgraph_server.checkpoints.backend import plan as checkpointer_plan
from langgraph_server.checks import register_checks
from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.backend import describe as describe_encryption
from langgraph_server.errors import ConfigurationError
from langgraph_server.graphs.registry import registry
from langgraph_server.graphs.reports import GraphReport, describe
from langgraph_server.stores import reports as stores
from langgraph_server.stores.backend import plan as store_plan


class Command(check.Command):
    help = "Check settings, langgraph.json and what it names; with --database default, the services too."

    def handle(self, *app_labels: list[str], **options: Any) -> None:
        register_checks()
        if not options["list_tags"]:
            for tag, report in REPORTS.items():
                if tag in (options["tags"] or REPORTS):
                    self.report(report)
        super().handle(*app_labels, **options)

    def report(self, report: Callable[[], str]) -> None:
        try:
            self.stdout.write(report())
        except ConfigurationError:
            # The check says which, in Django's words.
            return


def graphs() -> str:
    return "\n".join(sentence(report) for report in describe(registry()))


def sentence(report: GraphReport) -> str:
    nodes = "" if report.nodes is None else f", {report.nodes} nodes"
    arguments = f", called with {', '.join(report.arguments)}" if report.arguments else ""
    return f"graph {report.graph_id}: {report.kind}{nodes}{arguments}, from {report.where}"


#: By the tag of the check that says what is wrong.
REPORTS: Mapping[str, Callable[[], str]] = {
    "graphs": graphs,
    "store": lambda: stores.describe(store_plan()),
    "checkpointer": lambda: checkpoints.describe(checkpointer_plan()),
    "encryption": lambda: describe_encryption(cipher()),
}

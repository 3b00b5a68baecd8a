"""Django's `check`, and whether the application's graphs can be served."""

from typing import Any

from django.core.management.commands import check

from langgraph_server.checks import register_checks
from langgraph_server.errors import ConfigurationError
from langgraph_server.graphs.registry import registry
from langgraph_server.graphs.reports import GraphReport, describe


class Command(check.Command):
    help = "Check settings, langgraph.json and its graphs; with --database default, the services too."

    def handle(self, *app_labels: list[str], **options: Any) -> None:
        register_checks()
        if not options["list_tags"] and "graphs" in (options["tags"] or ["graphs"]):
            self.report_graphs()
        super().handle(*app_labels, **options)

    def report_graphs(self) -> None:
        try:
            reports = describe(registry())
        except ConfigurationError:
            # The check says which, in Django's words.
            return
        for report in reports:
            self.stdout.write(sentence(report))


def sentence(report: GraphReport) -> str:
    nodes = "" if report.nodes is None else f", {report.nodes} nodes"
    arguments = f", called with {', '.join(report.arguments)}" if report.arguments else ""
    return f"graph {report.graph_id}: {report.kind}{nodes}{arguments}, from {report.where}"

"""Recover lost runs and let go what is past its time, now; or say what would go."""

from typing import Any

from django.core.management import CommandParser

from crons import retention as crons
from langgraph_server.graphs.registry import registry
from langgraph_server.management.base import ServerCommand
from runs import sweeper
from runs.models import Run
from store import retention as store
from threads import expiry
from webhooks import retention as webhooks


class Command(ServerCommand):
    help = (
        "Sweep once: lost runs, old events, expired threads and items of the store, old deliveries and firings. "
        "Workers do so by themselves."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        registry()
        for what, count in overdue().items():
            self.stdout.write(f"{count} {what}")
        if not dry_run:
            sweeper.sweep()
            crons.forget()
            store.forget()


def overdue() -> dict[str, int]:
    return {
        "runs whose worker is lost, to be recovered": Run.objects.expired().count(),
        "runs with events to forget": sweeper.with_old_events().count(),
        "threads of stateless runs to delete": sweeper.old_temporary_threads().count(),
        "expired threads to delete or prune": expiry.overdue(),
        "expired items of the store to delete": store.overdue().count(),
        "webhook deliveries to forget": webhooks.overdue().count(),
        "cron firings to forget": crons.overdue().count(),
    }

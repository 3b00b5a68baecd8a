"""Record what is to be told, in the transaction of what happened: both are there or neither."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from webhooks import dispatch
from webhooks.configuration import configuration
from webhooks.models import Delivery


@dataclass(frozen=True, slots=True)
class Report:
    run_id: UUID
    url: str
    body: Mapping[str, Any]
    #: Of a report in a protocol of the receiver's: it goes out as it stands, with these.
    headers: Mapping[str, str] | None = None


def record(reports: Sequence[Report]) -> None:
    """One delivery a run, however often it is recorded; sent once the transaction is committed."""
    config = configuration()
    if not reports or config.disabled:
        return
    Delivery.objects.bulk_create(
        [
            Delivery(
                run_id=report.run_id,
                url=report.url,
                body=report.body if foreign(report) else narrowed(report.body, config.allowed_fields),
                headers=report.headers,
            )
            for report in reports
        ],
        ignore_conflicts=True,
    )
    transaction.on_commit(dispatch.announce)


def foreign(report: Report) -> bool:
    return report.headers is not None


def narrowed(body: Mapping[str, Any], allowed: frozenset[str] | None) -> Mapping[str, Any]:
    return body if allowed is None else {key: value for key, value in body.items() if key in allowed}

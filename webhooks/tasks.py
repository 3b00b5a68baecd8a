"""Celery entries. They may be lost, doubled or late; the rows decide."""

from celery import shared_task

from webhooks import courier, dispatch


@shared_task(name=dispatch.DELIVER_DUE)
def deliver_due() -> None:
    courier.deliver_due()

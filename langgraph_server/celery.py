"""The Celery application: its messages carry ids or nothing, the rows decide."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "langgraph_server.settings")


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Django has set it up already; a receiver is all that keeps Celery from doing it again, its way."""


app = Celery("langgraph_server")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

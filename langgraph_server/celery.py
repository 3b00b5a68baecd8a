"""The Celery application: its messages carry ids or nothing, the rows decide."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "langgraph_server.settings")

app = Celery("langgraph_server")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

"""Routes of runs that Django serves; those that wait are in `langgraph_server.routing`."""

from django.urls import path

from runs.api.assistants import AssistantView
from runs.api.views import BatchView, CancelManyView, RunView

urlpatterns = [
    path("assistants/<str:assistant_id>", AssistantView.as_view()),
    path("runs/batch", BatchView.as_view()),
    path("runs/cancel", CancelManyView.as_view()),
    path("runs/<str:run_id>", RunView.as_view(http_method_names=["get", "head"])),
    path("threads/<str:thread_id>/runs/<str:run_id>", RunView.as_view()),
]

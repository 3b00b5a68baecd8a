"""Routes of threads that Django serves; those that wait are in `langgraph_server.routing`."""

from django.urls import path

from threads.api.views import (
    ThreadCopyView,
    ThreadCountView,
    ThreadPruneView,
    ThreadSearchView,
    ThreadStorageView,
    ThreadView,
)

urlpatterns = [
    path("threads/search", ThreadSearchView.as_view()),
    path("threads/count", ThreadCountView.as_view()),
    path("threads/prune", ThreadPruneView.as_view()),
    path("threads/<str:thread_id>", ThreadView.as_view()),
    path("threads/<str:thread_id>/copy", ThreadCopyView.as_view()),
    path("threads/<str:thread_id>/storage", ThreadStorageView.as_view()),
]

"""Routes of threads that Django serves; those that wait are in `langgraph_server.routing`."""

from django.urls import path

from threads.api.views import ThreadSearchView, ThreadsView, ThreadView

urlpatterns = [
    path("threads", ThreadsView.as_view()),
    path("threads/search", ThreadSearchView.as_view()),
    path("threads/<str:thread_id>", ThreadView.as_view()),
]

"""What the loop serves itself: routes that wait, stream, or read state through a graph."""

from typing import Any

from django.urls import path

from runs.api.streaming import CancelView, JoinStreamView, JoinView, StreamView, WaitView
from threads.api.streaming import StateView

waiting_routes: list[Any] = [
    path("runs/stream", StreamView.as_asgi()),
    path("runs/wait", WaitView.as_asgi()),
    path("runs/<str:run_id>/stream", JoinStreamView.as_asgi()),
    path("runs/<str:run_id>/join", JoinView.as_asgi()),
    path("threads/<str:thread_id>/runs/stream", StreamView.as_asgi()),
    path("threads/<str:thread_id>/runs/wait", WaitView.as_asgi()),
    path("threads/<str:thread_id>/runs/<str:run_id>/stream", JoinStreamView.as_asgi()),
    path("threads/<str:thread_id>/runs/<str:run_id>/join", JoinView.as_asgi()),
    path("threads/<str:thread_id>/runs/<str:run_id>/cancel", CancelView.as_asgi()),
    path("threads/<str:thread_id>/state", StateView.as_asgi()),
    path("threads/<str:thread_id>/state/<str:checkpoint_id>", StateView.as_asgi()),
]

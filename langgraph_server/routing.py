"""What the loop serves itself: routes that wait, stream, or read state through a graph."""

from typing import Any

from django.urls import path

from assistants.api.streaming import GraphView, SchemasView, SubgraphsView
from langgraph_server.api.streaming import WaitingView
from runs.api.streaming import CancelView, JoinStreamView, JoinView, StreamView, WaitView
from runs.api.threads import ThreadStreamView
from store.api.streaming import ItemSearchView, ItemView, NamespacesView
from threads.api.streaming import HistoryView, StateAtView, StateView, ThreadsView


def route(pattern: str, view: type[WaitingView]) -> Any:
    application: Any = view.as_asgi()  # the stubs of `path` only know Django's own views
    return path(pattern, application)


waiting_routes: list[Any] = [
    route("assistants/<str:assistant_id>/graph", GraphView),
    route("assistants/<str:assistant_id>/schemas", SchemasView),
    route("assistants/<str:assistant_id>/subgraphs", SubgraphsView),
    route("assistants/<str:assistant_id>/subgraphs/<str:namespace>", SubgraphsView),
    route("store/items", ItemView),
    route("store/items/search", ItemSearchView),
    route("store/namespaces", NamespacesView),
    route("runs/stream", StreamView),
    route("runs/wait", WaitView),
    route("runs/<str:run_id>/stream", JoinStreamView),
    route("runs/<str:run_id>/join", JoinView),
    route("threads/<str:thread_id>/runs/stream", StreamView),
    route("threads/<str:thread_id>/runs/wait", WaitView),
    route("threads/<str:thread_id>/runs/<str:run_id>/stream", JoinStreamView),
    route("threads/<str:thread_id>/runs/<str:run_id>/join", JoinView),
    route("threads/<str:thread_id>/runs/<str:run_id>/cancel", CancelView),
    route("threads", ThreadsView),
    route("threads/<str:thread_id>/stream", ThreadStreamView),
    route("threads/<str:thread_id>/state", StateView),
    route("threads/<str:thread_id>/state/checkpoint", StateAtView),
    route("threads/<str:thread_id>/state/<str:checkpoint_id>", StateAtView),
    route("threads/<str:thread_id>/history", HistoryView),
]

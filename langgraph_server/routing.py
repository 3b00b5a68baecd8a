"""What the loop serves itself: routes that wait, stream, look through a graph, or are asked most."""

from typing import Any

from django.conf import settings
from django.urls import is_valid_path, path
from django.urls.resolvers import URLPattern

from assistants.api.streaming import GraphView, SchemasView, SubgraphsView
from langgraph_server.api.sockets import Socket
from langgraph_server.api.streaming import WaitingView
from langgraph_server.config.http import http_config
from langgraph_server.gateways.a2a.agent_view import CardOfAgentView, CardView
from langgraph_server.gateways.a2a.views import A2aView
from langgraph_server.gateways.mcp.views import McpView
from runs.api.background import StatelessRunsView, ThreadRunsView
from runs.api.protocol import CommandsView, EventsView
from runs.api.sockets import EventsSocket
from runs.api.streaming import CancelView, JoinStreamView, JoinView, StreamView, WaitView
from runs.api.threads import ThreadStreamView
from store.api.streaming import ItemSearchView, ItemView, NamespacesView
from threads.api.collection import ThreadCountView, ThreadPruneView, ThreadSearchView, ThreadsView
from threads.api.states import HistoryView, StateAtAddressView, StateAtView, StateView
from threads.api.thread import ThreadCopyView, ThreadStorageView, ThreadView

Routes = tuple[tuple[str, type[WaitingView]], ...]

EVENTS = "threads/<str:thread_id>/stream/events"
EVENT_PROTOCOL: Routes = (
    (("threads/<str:thread_id>/commands", CommandsView), (EVENTS, EventsView)) if settings.EVENT_STREAMING else ()
)

ALL: Routes = (
    ("assistants/<str:assistant_id>/graph", GraphView),
    ("assistants/<str:assistant_id>/schemas", SchemasView),
    ("assistants/<str:assistant_id>/subgraphs", SubgraphsView),
    ("assistants/<str:assistant_id>/subgraphs/<str:namespace>", SubgraphsView),
    ("store/items", ItemView),
    ("store/items/search", ItemSearchView),
    ("store/namespaces", NamespacesView),
    ("runs", StatelessRunsView),
    ("threads/<str:thread_id>/runs", ThreadRunsView),
    ("runs/stream", StreamView),
    ("runs/wait", WaitView),
    ("runs/<str:run_id>/stream", JoinStreamView),
    ("runs/<str:run_id>/join", JoinView),
    ("threads/<str:thread_id>/runs/stream", StreamView),
    ("threads/<str:thread_id>/runs/wait", WaitView),
    ("threads/<str:thread_id>/runs/<str:run_id>/stream", JoinStreamView),
    ("threads/<str:thread_id>/runs/<str:run_id>/join", JoinView),
    ("threads/<str:thread_id>/runs/<str:run_id>/cancel", CancelView),
    ("threads", ThreadsView),
    ("threads/search", ThreadSearchView),
    ("threads/count", ThreadCountView),
    ("threads/prune", ThreadPruneView),
    ("threads/<str:thread_id>", ThreadView),
    ("threads/<str:thread_id>/copy", ThreadCopyView),
    ("threads/<str:thread_id>/storage", ThreadStorageView),
    ("threads/<str:thread_id>/stream", ThreadStreamView),
    *EVENT_PROTOCOL,
    ("threads/<str:thread_id>/state", StateView),
    ("threads/<str:thread_id>/state/checkpoint", StateAtAddressView),
    ("threads/<str:thread_id>/state/<str:checkpoint_id>", StateAtView),
    ("threads/<str:thread_id>/history", HistoryView),
    (".well-known/agent-card.json", CardView),
    ("a2a/<str:assistant_id>", A2aView),
    ("a2a/<str:assistant_id>/.well-known/agent-card.json", CardOfAgentView),
    ("a2a/<str:assistant_id>/.well-known/agent.json", CardOfAgentView),
    ("mcp", McpView),
)


ROUTES = tuple((pattern, view) for pattern, view in ALL if http_config().offers(pattern))
SOCKETS: tuple[tuple[str, type[Socket]], ...] = (
    ((EVENTS, EventsSocket),) if settings.EVENT_STREAMING and http_config().offers(EVENTS) else ()
)


def route(pattern: str, view: type[WaitingView] | type[Socket]) -> URLPattern:
    told = {"pattern": pattern} if issubclass(view, WaitingView) else {}
    application: Any = view.as_asgi(**told)  # the stubs of `path` only know Django's own views
    made: URLPattern = path(pattern, application)
    return made


waiting_routes: list[Any] = [route(pattern, view) for pattern, view in ROUTES]

socket_routes: list[Any] = [route(pattern, socket) for pattern, socket in SOCKETS]


def is_ours(path: str) -> bool:
    """Whether there is a route for it, here or in Django's half."""
    return is_waiting_route(path.removeprefix("/")) or bool(is_valid_path(path))


def is_waiting_route(where: str) -> bool:
    """Without the leading slash."""
    return any(route.pattern.match(where) for route in waiting_routes)

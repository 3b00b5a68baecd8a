"""The web process: waiting routes on the loop, everything else Django's WSGI application on a bounded thread pool."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "langgraph_server.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.wsgi import get_wsgi_application
from django.urls import re_path

from langgraph_server import loopback, mounting, telemetry, tracing
from langgraph_server.config.http import http_config

loopback.install()
mounting.prepare(http_config().mount_prefix)
django_application = get_wsgi_application()

from django.conf import settings

from assistants import builtin
from langgraph_server.api import measures, resources
from langgraph_server.api.observing import Observed, ObservedSocket
from langgraph_server.api.sockets import refuse
from langgraph_server.auth.scheme import scheme
from langgraph_server.blocking import OnThreads
from langgraph_server.checkpoints.backend import plan as checkpointer_plan
from langgraph_server.encryption.backend import cipher
from langgraph_server.errors import ConfigurationError
from langgraph_server.gateways import custom
from langgraph_server.graphs.registry import registry
from langgraph_server.routing import is_ours, socket_routes, waiting_routes
from langgraph_server.stores.backend import plan as store_plan
from runs.priority import assign as priority_function
from threads.retention import configured as thread_ttl
from webhooks.configuration import configuration as webhooks_configuration

# Outside any loop and before the first request: modules of the application may use `asyncio.run`.
builtin.ensure(registry().specs.values())
scheme()
cipher()
store_plan()
checkpointer_plan()
webhooks_configuration()
thread_ttl()
priority_function()
measures.instruments()
own_application = custom.application()

django_on_threads: Any = OnThreads(django_application, threads=settings.WEB_THREADS, max_body=settings.MAX_BODY_BYTES)
no_socket: Any = refuse  # the stubs of `re_path` only know Django's own views


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await resources.resources()
    try:
        async with custom.living(own_application, scope.setdefault("state", {})):
            await send({"type": "lifespan.startup.complete"})
            await receive()
    except ConfigurationError as error:
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return
    await resources.close()
    telemetry.flush()
    await send({"type": "lifespan.shutdown.complete"})


#: Without what surrounds it: for requests from within, and for what surrounds it.
api = ProtocolTypeRouter(
    {
        "websocket": URLRouter([*socket_routes, re_path("", no_socket)]),
        "http": URLRouter([*waiting_routes, re_path("", django_on_threads)]),
    }
)
door = custom.around(own_application, api, is_ours)
application: Any = ProtocolTypeRouter(
    {"websocket": ObservedSocket(door), "http": Observed(door), "lifespan": lifespan},
)
if prefix := http_config().mount_prefix:
    application = mounting.Mounted(application, prefix)
if tracer := tracing.tracer():
    application = tracing.TracedRequests(application, tracer)

"""The web process: where it listens, and a door that is closed by default.

Two queues of connections per process. One is inherited from the supervisor and shared: it makes a connection wait
while processes are restarted, where it would be refused. The other is the process's own (SO_REUSEPORT), because a
shared queue goes to whoever wakes first: of 64 connections kept alive one process of two had 60, with both 34.
"""

import errno
import ipaddress
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from django.conf import settings

from langgraph_server import garbage
from langgraph_server.config.document import ServerConfig
from langgraph_server.errors import ConfigurationError
from langgraph_server.patience import PatientProtocol

BACKLOG = 2048
#: Seconds: processes of a supervisor that was killed may need as long to notice and to let the port go.
PATIENCE = 2.0
#: Seconds left to open responses when a process is told to end; streams are resumed elsewhere.
GRACE = 5


def refuse_strangers(host: str, config: ServerConfig, *, allowed: bool) -> None:
    if allowed or is_loopback(host) or is_guarded(config):
        return
    raise ConfigurationError(
        f"--host {host} lets other machines in: whoever reaches the port could run the graphs and read every "
        "thread. Configure `auth` or LANGGRAPH_AUTH_TYPE; or say --allow-anonymous if something in front of this "
        "server decides who gets in."
    )


def is_guarded(config: ServerConfig) -> bool:
    return bool(guard_of(config))


def guard_of(config: ServerConfig) -> str:
    """What decides who gets in, as the processes that serve will read it; empty if nothing does."""
    told = os.environ.get("LANGGRAPH_AUTH_TYPE") or config.env.get("LANGGRAPH_AUTH_TYPE") or ""
    words = [word.strip() for word in told.split(",") if word.strip() not in {"", "noop"}]
    return str(config.auth.get("path") or ", ".join(words))


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    # Alone first: an address that may be shared would silently be shared with another server of ours.
    with socket.socket(family, socket.SOCK_STREAM) as alone:
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bind(alone, address, deadline=time.monotonic() + PATIENCE)
        address = alone.getsockname()
    with queue(family, address) as shared:
        yield shared


def bind(listener: socket.socket, address: tuple[object, ...], *, deadline: float) -> None:
    while True:
        try:
            return listener.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                told = f"cannot listen on {address[0]}, port {address[1]}: {error.strerror}; try another --port"
                raise ConfigurationError(told) from error
            time.sleep(0.1)


def queue(family: int, address: tuple[object, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(address)
    listener.listen(BACKLOG)
    return listener


def serve(shared: socket.socket) -> None:
    config = uvicorn.Config(
        "langgraph_server.asgi:application",
        http=PatientProtocol,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=GRACE,
        backlog=BACKLOG,
        ws_max_size=settings.MAX_BODY_BYTES,
        lifespan="on",
        access_log=False,
        server_header=False,
        log_config=None,
        log_level="warning",
    )
    load(config)
    with queue(shared.family, shared.getsockname()) as own, suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[shared, own])


def load(config: uvicorn.Config) -> None:
    """Before the loop runs: modules of the application may use `asyncio.run` while they are imported."""
    config.load()
    garbage.started()

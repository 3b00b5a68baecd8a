"""What a server consists of as processes, for whoever supervises several of them."""

import os
import socket
from collections.abc import Callable, Mapping

from django.conf import settings

from langgraph_server import serving
from langgraph_server.supervision import COMMAND, Program

Environment = Callable[[], Mapping[str, str]]
#: Seconds beyond a process's own patience until its end is forced.
MARGIN = 5


def inherited() -> Mapping[str, str]:
    return os.environ


def web(listener: socket.socket, *, environment: Environment = inherited) -> Program:
    return Program(
        name="web",
        command=(*COMMAND, "web", "--fd", str(listener.fileno())),
        environment=environment,
        files=[listener.fileno()],
        grace=serving.GRACE + MARGIN,
        reloads=True,
    )


def worker(*arguments: str, environment: Environment = inherited) -> Program:
    return Program(
        name="worker",
        command=(*COMMAND, "worker", *arguments),
        environment=environment,
        grace=(settings.DRAIN_GRACE + settings.STOP_PATIENCE).total_seconds() + MARGIN,
        reloads=True,
    )


def beat(*, environment: Environment = inherited) -> Program:
    return Program(name="beat", command=(*COMMAND, "beat"), environment=environment)

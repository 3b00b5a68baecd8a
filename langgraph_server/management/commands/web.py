"""Serve HTTP and websockets."""

import asyncio
import socket
from typing import Any

from django.core.management import CommandParser

from langgraph_server import programs, serving
from langgraph_server.api.counting import counting_together
from langgraph_server.auth.scheme import own_ways
from langgraph_server.config.loading import server_config
from langgraph_server.management.base import ServerCommand, add_door_arguments
from langgraph_server.supervision import supervise


class Command(ServerCommand):
    help = "Serve the API, the docs and the admin."

    def add_arguments(self, parser: CommandParser) -> None:
        add_door_arguments(parser, port=8000)
        parser.add_argument("--processes", type=int, default=1, help="on the one port (%(default)s)")
        parser.add_argument("--fd", type=int, help="the listening socket of a supervisor, instead of a port")

    def handle(self, *, host: str, port: int, processes: int, fd: int | None, **options: Any) -> None:
        if fd is not None:
            serving.serve(socket.socket(fileno=fd))
            return
        serving.refuse_strangers(host, server_config(), allowed=options["allow_anonymous"] or bool(own_ways()))
        with serving.listening(host, port) as listener:
            self.stdout.write(f"serving http://{host}:{port}")
            if processes == 1:
                serving.serve(listener)
            else:
                with counting_together():
                    asyncio.run(supervise([programs.web(listener)] * processes))

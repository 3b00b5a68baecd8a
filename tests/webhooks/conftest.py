"""A receiver on this machine, and a configuration that a test writes itself."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

import orjson
import pytest

from webhooks import configuration as configurations
from webhooks.configuration import Configuration
from webhooks.policy import Policy

OPEN = Policy(disable_loopback=False)
Configure = Callable[..., Configuration]


@pytest.fixture
def configure() -> Iterator[Configure]:
    """What langgraph.json would say; loopback is open unless the test closes it."""
    current = Configuration(policy=OPEN, headers={}, secrets={}, allowed_fields=None)
    users = ("webhooks.destinations", "webhooks.delivery", "webhooks.outbox", "webhooks.courier")

    def configured() -> Configuration:
        return current

    def configure(**fields: Any) -> Configuration:
        nonlocal current
        current = replace(current, **fields)
        return current

    patches = [patch(f"{user}.configuration", configured) for user in users]
    for each in patches:
        each.start()
    yield configure
    for each in patches:
        each.stop()
    configurations.configuration.cache_clear()


@dataclass
class Receiver:
    """Remembers what it was sent, and answers as the test says."""

    url: str
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[int], tuple[int, dict[str, str], bytes]] = lambda place: (200, {}, b"ok")

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.received]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [orjson.loads(body) for _, _, body in self.received]


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def take(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length)
            if len(body) < length:  # its sender was killed within the request
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.received.append((f"{self.command} {self.path}", headers, body))
            status, extra, content = told.answer(len(told.received))
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET = take

        def log_message(self, *_: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        told = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver

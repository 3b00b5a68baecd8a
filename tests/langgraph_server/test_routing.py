"""Routes that a setting takes away."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import django; django.setup()
from langgraph_server.routing import ROUTES, SOCKETS
print(sorted(pattern for pattern, _ in (*ROUTES, *SOCKETS) if "commands" in pattern or "events" in pattern))
"""
WITHOUT = """
import django; django.setup()
from langgraph_server.routing import ROUTES
print(sorted({pattern.split("/")[0] for pattern, _ in ROUTES} & {".well-known", "a2a", "mcp"}))
"""
COMMANDS, EVENTS = "threads/<str:thread_id>/commands", "threads/<str:thread_id>/stream/events"


def printed(script: str, **environment: str) -> str:
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return told.stdout.strip()


@pytest.mark.parametrize(("switch", "routes"), [("true", [COMMANDS, EVENTS, EVENTS]), ("false", [])])
def test_the_event_protocol_can_be_switched_off(switch: str, routes: list[str]) -> None:
    assert printed(SCRIPT, FF_V2_EVENT_STREAMING=switch) == str(routes)


@pytest.mark.parametrize(
    ("http", "left"),
    [
        ("{}", [".well-known", "a2a", "mcp"]),
        ('{"disable_mcp": true}', [".well-known", "a2a"]),
        ('{"disable_a2a": true, "disable_mcp": false}', ["mcp"]),
    ],
)
def test_other_protocols_can_be_switched_off(http: str, left: list[str]) -> None:
    assert printed(WITHOUT, LANGGRAPH_HTTP=http) == str(left)

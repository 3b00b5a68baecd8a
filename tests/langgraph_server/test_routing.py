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
COMMANDS, EVENTS = "threads/<str:thread_id>/commands", "threads/<str:thread_id>/stream/events"


@pytest.mark.parametrize(("switch", "routes"), [("true", [COMMANDS, EVENTS, EVENTS]), ("false", [])])
def test_the_event_protocol_can_be_switched_off(switch: str, routes: list[str]) -> None:
    environment = {**os.environ, "FF_V2_EVENT_STREAMING": switch}
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout.strip() == str(routes)

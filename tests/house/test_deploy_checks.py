"""`check --deploy` warns of what docs/how-to/deployment.md names, with a reason, and of a server that is open."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "how-to" / "deployment.md").read_text()
NAMED = set(re.findall(r"^\| `([a-z_]+\.W\d+)`", GUIDE, re.MULTILINE))
PRODUCTION = {"SECRET_KEY": "7d3f0a9be1c8" * 5, "ALLOWED_HOSTS": "agents.example.com"}


@pytest.mark.parametrize(
    ("application", "more"), [("guarded.json", set()), ("langgraph.json", {"langgraph_server.W002"})]
)
def test_a_deployment_is_warned_of_what_is_documented_and_of_open_doors(application: str, more: set[str]) -> None:
    settings = {**PRODUCTION, "LANGGRAPH_CONFIG": str(ROOT / "tests" / "graphs" / application)}
    command = [sys.executable, "-P", "-m", "langgraph_server", "check", "--deploy"]
    ended = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=True)
    assert set(re.findall(r"\((\w+\.[A-Z]\d+)\)", ended.stderr)) == NAMED | more

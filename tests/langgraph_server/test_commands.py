"""The commands as a person types them; `dev` from nothing is in tests/packaging/test_strangers_path.py."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from langgraph_server.development import DATABASE, REDIS


def start(application: Path, *words: str) -> subprocess.Popen[str]:
    alone = {name: value for name, value in os.environ.items() if name not in {*DATABASE, *REDIS}}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "langgraph_server", *words],
        cwd=application,
        env={**alone, "LANGGRAPH_CONFIG": "langgraph.json"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("command", ["web", "dev"])
def test_a_door_open_to_strangers_is_refused(command: str) -> None:
    with pytest.raises(CommandError, match=r"--host 0\.0\.0\.0 lets other machines in"):
        call_command(command, "--host", "0.0.0.0")


def test_check_reports_the_graphs_it_imported() -> None:
    said = StringIO()
    call_command("check", stdout=said)
    assert "graph echo: " in said.getvalue()


def test_check_fails_on_a_graph_that_cannot_be_imported(tmp_path: Path) -> None:
    (tmp_path / "langgraph.json").write_text('{"graphs": {"lost": "./nowhere.py:graph"}}')
    with start(tmp_path, "check") as failed:
        told, _ = failed.communicate(timeout=30)
    assert failed.returncode == 1
    assert "langgraph_server.E001" in told
    assert "nowhere.py" in told

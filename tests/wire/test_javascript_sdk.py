"""The JavaScript SDK, unchanged from its registry, against the live server."""

import subprocess
from pathlib import Path

import pytest

from tests.support.installation import Installation
from tests.support.javascript import checks, failed, installed_scripts

FOLDER = Path(__file__).parents[1] / "javascript"


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest) -> Path:
    return installed_scripts(FOLDER, request.config)


def websockets(script: str) -> list[str]:
    """From version 22 on node has them without being asked, before 20 not at all."""
    if script != "event-protocol":
        return []
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").partition(".")[0]) < 20:
        pytest.skip(f"node {version.strip()} has no websockets")
    return ["--experimental-websocket"]


@pytest.mark.parametrize(
    ("script", "least"), [("threads-and-runs", 20), ("assistants-store-crons", 13), ("event-protocol", 12)]
)
def test_every_method_of_its_clients(folder: Path, server: Installation, script: str, least: int) -> None:
    found = checks(["node", *websockets(script), f"{script}.mjs", server.url], folder=folder)
    assert failed(found) == ""
    assert len(found) >= least

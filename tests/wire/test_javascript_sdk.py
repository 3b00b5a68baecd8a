"""The JavaScript SDK, unchanged from its registry, against the live server."""

import re
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest

from tests.support.installation import Installation

FOLDER = Path(__file__).parents[1] / "javascript"
#: What npm says of a package.json that is wrong; anything else is the registry, or the way to it.
OURS = ("EJSONPARSE", "ETARGET", "ERESOLVE", "EINVALIDPACKAGENAME", "EINVALIDTAGNAME", "EUNSUPPORTEDPROTOCOL")
INSTALL = ("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline", "--fetch-retries=0")
PATIENCE = 90


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest) -> Path:
    """The scripts beside an installed SDK, kept from one run of the tests to the next."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    cache = request.config.cache
    assert cache is not None
    folder = cache.mkdir("javascript")
    wanted = (FOLDER / "package.json").read_bytes()
    kept = folder / "package.json"
    if not (folder / "node_modules").is_dir() or not kept.exists() or kept.read_bytes() != wanted:
        install(folder, wanted)
    for script in FOLDER.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


def install(folder: Path, package: bytes) -> None:
    kept = folder / "package.json"
    kept.write_bytes(package)
    try:
        told = subprocess.run(INSTALL, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        kept.unlink()
        pytest.skip(f"the SDK could not be installed: the registry of npm did not answer within {PATIENCE} seconds")
    if told.returncode == 0:
        return
    kept.unlink()
    codes = re.findall(r"^npm \S+ code (\w+)", told.stderr, re.MULTILINE)
    if not set(codes).isdisjoint(OURS):
        pytest.fail(told.stderr)
    pytest.skip(f"the SDK could not be installed: npm says {' '.join(codes) or told.returncode}")


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
    command = ["node", *websockets(script), f"{script}.mjs", server.url]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=90, check=False)
    *checks, last = [orjson.loads(line) for line in told.stdout.splitlines()] or [{}]
    failed = [f"{check['check']}: {check['error']}" for check in checks if check["error"]]
    assert failed == [], "\n".join(failed)
    assert (told.returncode, last) == (0, {"checks": len(checks)}), told.stderr
    assert len(checks) >= least

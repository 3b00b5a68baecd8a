"""The wheel in an empty environment of each Python that it says it is for."""

import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, Built, Installed
from tests.packaging.stranger import Stranger, fresh_application
from tests.support.interpreters import interpreter, told

#: Without a cache, downloading takes most of it.
pytestmark = pytest.mark.timeout(600)

OURS = "{}.{}".format(*sys.version_info)
CLASSIFIED = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text())


# The one that runs the tests is the one of the stranger's path.
@pytest.mark.parametrize("version", [version for version in CLASSIFIED if version != OURS])
def test_the_wheel_serves_a_fresh_application(version: str, built: Built) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version}")
    with fresh_application() as folder:
        installed = install(python, built, folder.parent)
        assert installed.python("import sys; print('%d.%d' % sys.version_info[:2])", cwd=folder) == version
        stranger = Stranger(installed, folder)
        stranger.starts("dev", "--no-reload", "--web", "1", "--workers", "1", "--port", str(stranger.port))
        try:
            stranger.waits_for_web()
            with stranger.client() as client:
                asked = client.runs.wait(None, "approval", input={"topic": "the summer party"})
            assert "__interrupt__" in asked
            (dev,) = stranger.processes
            dev.send(signal.SIGINT)
            assert dev.wait() == 0
        finally:
            stranger.leaves()


def install(python: Path, built: Built, folder: Path) -> Installed:
    """What requirements.txt pins, without its hashes: the wheel has none."""
    began = time.monotonic()
    environment, constraints = folder / "environment", folder / "constraints.txt"
    subprocess.run([python, "-m", "venv", "--without-pip", environment], check=True)
    pinned = re.findall(r"^[A-Za-z0-9][^\\\n]*", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    constraints.write_text("\n".join(pinned))
    python = environment / "bin" / "python"
    words = ["--quiet", "--constraint", str(constraints), f"{built.wheel}[embedded]"]
    subprocess.run([*installer(python), *words], check=True)
    return Installed(environment, time.monotonic() - began)


def installer(python: Path) -> list[str]:
    """uv links from its cache in seconds what pip downloads and unpacks in minutes."""
    if (uv := shutil.which("uv")) and told(uv, "--version"):
        return [uv, "pip", "install", "--python", str(python)]
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python), "install"]

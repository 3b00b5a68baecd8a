"""What is published, built once from a copy of the sources, and an environment that has it from nowhere else."""

import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("assistants", "crons", "langgraph_server", "runs", "store", "threads", "webhooks")
BUILD = "from setuptools import build_meta; build_meta.build_sdist('dist'); build_meta.build_wheel('dist')"


@dataclass(frozen=True)
class Built:
    wheel: Path
    sdist: Path


@dataclass(frozen=True)
class Installed:
    folder: Path
    #: That it took.
    seconds: float

    @property
    def command(self) -> Path:
        return self.folder / "bin" / "langgraph-server"

    def python(self, code: str, *, cwd: Path) -> str:
        return subprocess.check_output([self.folder / "bin" / "python", "-c", code], cwd=cwd, text=True).strip()

    def run(self, *words: str, cwd: Path, environment: Mapping[str, str]) -> str:
        """What it printed; a failure shows it, too."""
        done = subprocess.run(
            [self.command, *words],
            cwd=cwd,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("sources")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, folder)
    told = subprocess.run([sys.executable, "-c", BUILD], cwd=folder, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    (wheel,), (sdist,) = (folder / "dist").glob("*.whl"), (folder / "dist").glob("*.tar.gz")
    return Built(wheel, sdist)


@pytest.fixture(scope="session")
def installed_wheel(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Dependencies are lent by a path file, whose own path files do not count: the sources are out of reach."""
    began = time.monotonic()
    folder = tmp_path_factory.mktemp("environment")
    # Where a child of a process that is no longer root reaches it, too.
    folder.chmod(0o755)
    venv.create(folder, with_pip=False, symlinks=True)
    here = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (here / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", built.wheel], check=True)
    return Installed(folder, time.monotonic() - began)

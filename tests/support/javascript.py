"""Scripts for node beside packages from npm's registry; tests skip themselves where they cannot be had."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

#: What npm says of a package.json that is wrong; anything else is the registry, or the way to it.
OURS = ("EJSONPARSE", "ETARGET", "ERESOLVE", "EINVALIDPACKAGENAME", "EINVALIDTAGNAME", "EUNSUPPORTEDPROTOCOL")
INSTALL = ("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline", "--fetch-retries=0")
PATIENCE = 90


def installed_scripts(source: Path, config: pytest.Config) -> Path:
    """The scripts of a folder beside its packages, which are kept from one run of the tests to the next."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    cache = config.cache
    assert cache is not None
    folder = cache.mkdir(source.name)
    wanted = (source / "package.json").read_bytes()
    kept = folder / "package.json"
    if not (folder / "node_modules").is_dir() or not kept.exists() or kept.read_bytes() != wanted:
        install(folder, wanted)
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


def install(folder: Path, package: bytes) -> None:
    kept = folder / "package.json"
    kept.write_bytes(package)
    try:
        told = subprocess.run(INSTALL, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        kept.unlink()
        pytest.skip(f"packages could not be installed: the registry of npm did not answer within {PATIENCE} seconds")
    if told.returncode == 0:
        return
    kept.unlink()
    codes = re.findall(r"^npm \S+ code (\w+)", told.stderr, re.MULTILINE)
    if not set(codes).isdisjoint(OURS):
        pytest.fail(told.stderr)
    pytest.skip(f"packages could not be installed: npm says {' '.join(codes) or told.returncode}")


def checks(command: Sequence[str], *, folder: Path, patience: float = 90) -> dict[str, str | None]:
    """What each check of a script complains of, None where it does not; the script's last line counts them."""
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=patience, check=False)
    lines: list[dict[str, Any]] = [orjson.loads(line) for line in told.stdout.splitlines()]
    *found, last = lines or [{}]
    assert (told.returncode, last) == (0, {"checks": len(found)}), told.stdout + told.stderr
    return {check["check"]: check["error"] for check in found}


def failed(found: dict[str, str | None]) -> str:
    return "\n".join(f"{check}: {error}" for check, error in found.items() if error)

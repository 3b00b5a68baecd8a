"""A browser for tests: Debian's Chromium, told what to do by the scripts of tests/browser."""

import shutil
from pathlib import Path

import pytest

from tests.support.javascript import checks, installed_scripts

FOLDER = Path(__file__).parents[1] / "browser"
CHROMIUM = "chromium"


def prepared(config: pytest.Config) -> Path:
    """Where the scripts are; to be asked before anything is started in vain."""
    if not shutil.which(CHROMIUM):
        pytest.skip("chromium is not installed")
    return installed_scripts(FOLDER, config)


def browse(script: str, *arguments: str, config: pytest.Config, patience: float = 110) -> dict[str, str | None]:
    """What each check of the script complains of."""
    folder = prepared(config)
    chromium = str(shutil.which(CHROMIUM))
    return checks(["node", f"{script}.mjs", chromium, *arguments], folder=folder, patience=patience)

"""`make audit` fails on a vulnerability, and never says that all is well where nobody was asked."""

from pathlib import Path
from typing import Any

import pytest

from tests.packaging.audit import audited, main, verdict

FINE = {"name": "fine", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "unknown", "skip_reason": "not found"}
BROKEN = {"name": "broken", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
TOOL = """#!/bin/sh
for argument; do case $argument in --output=*) report=${argument#--output=};; esac; done
"""


@pytest.mark.parametrize(
    ("packages", "well", "line"),
    [
        ([FINE, UNKNOWN], True, "no known vulnerability in 1 packages, 1 unknown to the service"),
        ([FINE, UNKNOWN, BROKEN], False, "broken 1.0: PYSEC-1, mended in 1.1"),
        ([UNKNOWN], True, "NOT AUDITED: the vulnerability service knows none of 1 packages"),
        ("no network", True, "NOT AUDITED: the vulnerability service cannot be asked: no network"),
    ],
)
def test_a_vulnerability_fails_and_silence_is_told(packages: Any, well: bool, line: str) -> None:
    assert verdict(packages) == (well, [line])


def test_what_the_tool_writes_is_read(tmp_path: Path) -> None:
    """It ends with 1 in both cases: on a vulnerability, and when it met trouble."""
    tool = tmp_path / "pip-audit"
    tool.touch(0o755)
    report = '{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X", "fix_versions": []}]}]}'
    tool.write_text(f"{TOOL}echo '{report}' > $report; exit 1\n")
    assert main(str(tool), "requirements.txt") == 1
    tool.write_text(f"{TOOL}echo 'no such host' >&2; exit 1\n")
    assert audited(str(tool), "requirements.txt") == "no such host"
    assert main(str(tmp_path / "absent"), "requirements.txt") == 0

"""Ask pip-audit whether something that is pinned has a known vulnerability, and say plainly what it could not ask.

`python -m tests.packaging.audit TOOL REQUIREMENTS` fails on a vulnerability only: a machine without a network can check
everything else.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: Seconds given to the service for all packages together, and for one of its answers.
PATIENCE = 20
ANSWER = 5


def audited(tool: str, requirements: str) -> list[dict[str, Any]] | str:
    """Each package as pip-audit tells of it, or why there is nothing to tell."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--disable-pip", "--require-hashes", "--progress-spinner=off", f"--timeout={ANSWER}"]
        command = [tool, *options, "--format=json", f"--output={report}", f"--requirement={requirements}"]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except FileNotFoundError:
            return "pip-audit is not there: it could not be installed"
        except subprocess.TimeoutExpired:
            return f"no answer within {PATIENCE} s"
        if not report.exists():
            return (ended.stderr.strip().splitlines() or [f"pip-audit ended with {ended.returncode}"])[-1]
        packages: list[dict[str, Any]] = json.loads(report.read_text())["dependencies"]
    return packages


def verdict(packages: Sequence[dict[str, Any]] | str) -> tuple[bool, list[str]]:
    """Whether that is well, and what to print."""
    if isinstance(packages, str):
        return True, [f"NOT AUDITED: the vulnerability service cannot be asked: {packages}"]
    found = [
        f"{package['name']} {package['version']}: {known['id']}, mended in {', '.join(known['fix_versions']) or 'none'}"
        for package in packages
        for known in package.get("vulns", ())
    ]
    unknown = sum("skip_reason" in package for package in packages)
    if found:
        return False, found
    if unknown == len(packages):
        return True, [f"NOT AUDITED: the vulnerability service knows none of {unknown} packages"]
    return True, [f"no known vulnerability in {len(packages) - unknown} packages, {unknown} unknown to the service"]


def main(tool: str, requirements: str) -> int:
    well, lines = verdict(audited(tool, requirements))
    print("\n".join(lines))  # noqa: T201 - a command's answer
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

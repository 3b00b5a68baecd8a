"""The deployment files agree with the tools they are written for: compose, hadolint, helm, Kubernetes, systemd, nginx.

`make manifests` fetches those of the registries, Debian has the rest; what is not there is skipped.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.documented import ROOT, refusal

DEPLOY = ROOT / "deploy"
FETCHED = ROOT / "build" / "manifests" / "bin"
#: The oldest that is looked after, and a recent one.
KUBERNETES = ("1.31", "1.36")
#: Of an operator: Kubernetes has no schema for it.
FOREIGN = {"ScaledObject"}
RENDER = """
import json, sys
from helm_python import Chart
chart, values = sys.argv[1:]
print(json.dumps(Chart.load(chart).render(json.loads(values), name="agents", namespace="default")))
"""
SMALL = {
    "postgres": {"external": {"connectionUrl": "postgresql://there/db"}},
    "redis": {"external": {"connectionUrl": "redis://there:6379"}},
    "config": {"secretKey": "secret"},
}
LARGE = {
    **SMALL,
    "apiServer": {"autoscaling": {"hpa": {"enabled": True}}},
    "queue": {"autoscaling": {"keda": {"enabled": True}}, "pools": {"heavy": {"queues": ["heavy", "slow"]}}},
    "ingress": {"enabled": True, "hostname": "agents.example.com"},
}
BOTH = pytest.mark.parametrize("values", [SMALL, LARGE], ids=["small", "large"])


def tool(name: str) -> str:
    found = shutil.which(name, path=f"{FETCHED}{os.pathsep}{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed: make manifests, or Debian's package")
    return found


def told(*command: str | Path, environment: dict[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(command, env=environment, stdout=-1, stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


def rendered(values: dict[str, Any]) -> list[dict[str, Any]]:
    tool("kubernetes-validate")
    code, answer = told(FETCHED / "python", "-c", RENDER, DEPLOY / "helm/langgraph-server", json.dumps(values))
    assert code == 0, answer
    texts: dict[str, str] = json.loads(answer)
    return [document for text in texts.values() for document in yaml.safe_load_all(text) if document]


@BOTH
def test_the_chart_runs_commands_that_there_are(values: dict[str, Any]) -> None:
    documents = rendered(values)
    pods = [document["spec"]["template"]["spec"] for document in documents if document["kind"] in {"Deployment", "Job"}]

    assert len(pods) == 4 + (values is LARGE)
    for pod in pods:
        (container,) = pod["containers"]
        assert container["command"] == ["langgraph-server"]
        assert refusal(container["args"]) == ""
        assert pod["securityContext"]["runAsNonRoot"] is True


def validated(documents: Sequence[dict[str, Any]], version: str, folder: Path) -> tuple[int, str]:
    file = folder / "all.yaml"
    file.write_text(yaml.safe_dump_all(document for document in documents if document["kind"] not in FOREIGN))
    return told(tool("kubernetes-validate"), "--strict", "--kubernetes-version", version, file)


@pytest.mark.parametrize("version", KUBERNETES)
@BOTH
def test_kubernetes_would_take_what_the_chart_renders(values: dict[str, Any], version: str, tmp_path: Path) -> None:
    code, answer = validated(rendered(values), version, tmp_path)

    assert code == 0, answer


def test_kubernetes_would_refuse_a_key_that_it_does_not_know(tmp_path: Path) -> None:
    documents = rendered(SMALL)
    next(document for document in documents if document["kind"] == "Service")["spec"]["prots"] = []

    assert validated(documents, KUBERNETES[0], tmp_path)[0] != 0


def composed(file: Path) -> tuple[int, str]:
    return told(tool("docker-compose"), "-f", file, "config", "--quiet", environment={"SECRET_KEY": "x"})


def test_compose_agrees_with_its_own_tool(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text((DEPLOY / "compose.yaml").read_text().replace("service_healthy", "service_merry"))

    assert composed(DEPLOY / "compose.yaml") == (0, "")
    assert composed(wrong)[0] != 0


def test_the_dockerfile_agrees_with_hadolint(tmp_path: Path) -> None:
    wrong = tmp_path / "Dockerfile"
    wrong.write_text("FROM debian\nRUN cd /srv && apt-get install curl\n")

    assert told(tool("hadolint"), DEPLOY / "Dockerfile") == (0, "")
    assert told(tool("hadolint"), wrong)[0] != 0


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    """With a program that there is here in place of the one that the units run."""
    for unit in (DEPLOY / "systemd").glob("*.service"):
        (tmp_path / unit.name).write_text(re.sub(r"(?<=ExecStart=)\S+", "/bin/true", unit.read_text()))
    units = sorted(tmp_path.iterdir())

    assert len(units) == 4
    assert told(tool("systemd-analyze"), "verify", *units) == (0, "")
    units[0].write_text(units[0].read_text().replace("Restart=", "Restrat="))
    assert "Restrat" in told(tool("systemd-analyze"), "verify", *units)[1]


def test_nginx_understands_the_page_s_block(tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/deployment.md").read_text()
    (block,) = re.findall(r"```nginx\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "nginx.conf"
    # Its own places belong to root.
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in kinds)
    server = f"server {{ listen 127.0.0.1:8999;\n{block} }}"
    file.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ access_log off;\n{places} {server} }}\n")

    code, answer = told(tool("nginx"), "-t", "-q", "-e", "stderr", "-c", file)

    assert code == 0, answer

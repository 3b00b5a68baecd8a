"""The deployment files say what the server understands: its variables, its commands, its relations."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import connection

from tests.factories import make_run
from tests.support.documented import ROOT, refusal, variables, words_of

DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "langgraph-server"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "langgraph-server"}
#: Of Python and of Postgres' image.
FOREIGN = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}


def test_compose_has_the_services_and_ports_of_the_official_one() -> None:
    services = COMPOSE["services"]

    assert {"langgraph-postgres", "langgraph-redis", "langgraph-api"} <= services.keys()
    assert services["langgraph-api"]["ports"] == ["127.0.0.1:${LANGGRAPH_PORT:-8123}:8000"]
    assert COMPOSE["volumes"].keys() == {"langgraph-data"}
    assert OURS.keys() == {f"langgraph-{part}" for part in ("migrate", "api", "worker", "beat")}


@pytest.mark.parametrize("service", OURS)
def test_compose_runs_commands_that_there_are(service: str) -> None:
    assert refusal(OURS[service]["command"]) == ""
    assert OURS[service]["environment"].keys() <= variables()


UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_units_run_commands_that_there_are(unit: Path) -> None:
    (line,) = re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.MULTILINE)
    program, *words = words_of(line)

    assert program.endswith("/bin/langgraph-server")
    assert refusal(words) == ""


def test_the_units_environment_is_understood() -> None:
    named = re.findall(r"^([A-Z_]+)=", (DEPLOY / "systemd/langgraph-server.env").read_text(), re.MULTILINE)

    assert {"DATABASE_URI", "REDIS_URI", "SECRET_KEY"} <= set(named) <= variables()


def test_the_image_sets_what_is_understood_and_runs_what_there_is() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    set_here = set(re.findall(r"(?:ENV |^    )([A-Z_]+)=", text, re.MULTILINE))
    (command,) = re.findall(r"^CMD (.*)$", text, re.MULTILINE)

    assert set_here - FOREIGN <= variables()
    assert refusal(yaml.safe_load(command)) == ""
    assert "USER 10001" in text


def values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    return found


def used_values() -> Iterator[str]:
    for template in (CHART / "templates").iterdir():
        yield from re.findall(r"\.Values\.([A-Za-z.]+)", template.read_text())


def test_every_value_that_the_chart_reads_is_among_its_values() -> None:
    for path in used_values():
        place: Any = values()
        for key in path.split("."):
            assert key in place, path
            place = place[key]


def test_the_chart_sets_variables_that_are_understood() -> None:
    templates = "".join(template.read_text() for template in (CHART / "templates").iterdir())
    named = set(re.findall(r"- name: ([A-Z_]+)$", templates, re.MULTILINE)) | set(
        re.findall(r'"([A-Z_]{5,})"', templates)
    )

    assert {"DATABASE_URI", "REDIS_URI", "SECRET_KEY", "LANGGRAPH_AUTH_TYPE", "LOG_JSON"} <= named <= variables()


@pytest.mark.django_db
def test_scalers_find_the_runs_that_want_a_worker() -> None:
    """The official chart's question, and ours."""
    make_run()
    make_run(status="success")
    text = (CHART / "templates/queue.yaml").read_text()
    (ours,) = re.findall(r"query: >-\n((?: +[^ ].*\n)+?) +targetQueryValue", text)
    with connection.cursor() as cursor:
        for query in ("SELECT COUNT(*) FROM run WHERE status = 'pending'", re.sub(r"{{.*?}}", "default", ours)):
            cursor.execute(query.replace("%", "%%"))
            assert cursor.fetchone() == (1,)

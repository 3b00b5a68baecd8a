"""Rules and dashboard ask for series that /metrics has, by labels that these have."""

import json
import re

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from langgraph_server import metrics
from langgraph_server.api.counting import LATENCY, REQUESTS
from tests.factories import make_run
from tests.support.documented import ROOT

SERIES = re.compile(r"\b(lg_api_\w+)(?:{([^}]*)})?")
#: Of a histogram and of Prometheus itself.
LABELS_OF_ALL = {"le", "instance", "job"}


def expressions() -> list[str]:
    rules = yaml.safe_load((ROOT / "deploy/prometheus/rules.yaml").read_text())
    dashboard = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text())
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return asked + [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def known() -> dict[str, set[str]]:
    """The labels of each series."""
    make_run()
    REQUESTS.labels("GET", "/ok", "200")
    LATENCY.labels("GET", "/ok")
    told = metrics.text("0.1.0").decode()
    return {
        sample.name: set(sample.labels) for family in text_string_to_metric_families(told) for sample in family.samples
    }


@pytest.mark.django_db
def test_every_series_that_is_asked_for_is_there_with_its_labels() -> None:
    series = known()
    for expression in expressions():
        found = SERIES.findall(expression)
        assert found, expression
        for name, matchers in found:
            assert name in series, expression
            asked = set(re.findall(r"(\w+)\s*[!=]", matchers))
            grouped = {label.strip() for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(",")}
            assert asked | grouped <= series[name] | LABELS_OF_ALL, expression


def test_no_alert_is_named_twice() -> None:
    rules = yaml.safe_load((ROOT / "deploy/prometheus/rules.yaml").read_text())
    names = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]

    assert len(names) == len(set(names))

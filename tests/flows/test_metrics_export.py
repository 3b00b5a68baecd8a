"""What a collector of OpenTelemetry's metrics receives: of each process its own, of the installation one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from langgraph_server import measuring
from langgraph_server.errors import ConfigurationError
from tests.support.installation import IMPATIENT, Installation, installed
from tests.webhooks.conftest import Receiver, receiving

SLOW_CLOCK = "3600000"


@dataclass(frozen=True)
class Told:
    """A point of a metric, and whose it is."""

    instance: str
    name: str
    unit: str
    attributes: dict[str, Any]
    point: Any


@pytest.fixture
def collector() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def server(tmp_path: Path, collector: Receiver) -> Iterator[Installation]:
    wishes = {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": collector.url, "OTEL_METRIC_EXPORT_INTERVAL": "300"}
    with installed(tmp_path, settings={**IMPATIENT, **wishes}) as installation:
        yield installation


def received(collector: Receiver) -> list[Told]:
    return [told for _, _, body in list(collector.received) for told in points(body)]


def points(body: bytes) -> Iterator[Told]:
    for sender in ExportMetricsServiceRequest.FromString(body).resource_metrics:
        who = plain(sender.resource.attributes)
        assert who["service.name"] == "langgraph-server"
        for metric in (metric for scope in sender.scope_metrics for metric in scope.metrics):
            values = getattr(metric, metric.WhichOneof("data")).data_points
            for point in values:
                yield Told(who["service.instance.id"], metric.name, metric.unit, plain(point.attributes), point)


def plain(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


def named(collector: Receiver, name: str, **attributes: Any) -> list[Told]:
    wanted = {key.replace("__", "."): value for key, value in attributes.items()}
    return [told for told in received(collector) if told.name == name and wanted.items() <= told.attributes.items()]


async def test_processes_tell_what_they_did_and_one_worker_how_the_installation_is(
    server: Installation, collector: Receiver
) -> None:
    server.start(web=1, workers=2)
    async with server.http() as http:
        thread_id = (await http.post("/threads", json={})).json()["thread_id"]
        asked = {"assistant_id": "approval", "input": {"topic": "canary"}}
        await http.post(f"/threads/{thread_id}/runs/wait", json=asked)
    waited = "/threads/{thread_id}/runs/wait"
    server.until(lambda: named(collector, "http.server.request.duration", http__route=waited))
    server.until(lambda: named(collector, "langgraph.run.duration", langgraph__outcome="success"))
    server.until(lambda: any(told.point.as_int == 2 for told in named(collector, "langgraph.workers")))

    request = named(collector, "http.server.request.duration", http__route=waited)[-1]
    assert (request.unit, request.point.count) == ("s", 1)
    assert request.attributes["http.request.method"] == "POST"
    assert request.attributes["http.response.status_code"] == 200
    duration = named(collector, "langgraph.run.duration")[-1]
    wait = named(collector, "langgraph.run.wait", langgraph__graph="approval")[-1]
    assert (duration.unit, duration.point.count, wait.point.count) == ("s", 1, 1)
    assert duration.attributes["langgraph.graph"] == "approval"
    assert len({request.instance, duration.instance, measuring.INSTALLATION}) == 3
    assert {told.instance for told in named(collector, "langgraph.workers")} == {measuring.INSTALLATION}
    assert {told.point.as_int for told in named(collector, "langgraph.database.up")} == {1}
    assert not any(b"canary" in body for _, _, body in collector.received)


async def test_another_worker_goes_on_when_the_first_leaves(server: Installation, collector: Receiver) -> None:
    server.start(web=1, workers=1)
    (first,) = server.workers
    server.ensure_workers(2)
    server.until(lambda: named(collector, "langgraph.database.up"))
    assert first.terminate() == 0
    collector.received.clear()
    server.until(lambda: named(collector, "langgraph.database.up"))


async def test_what_was_counted_last_is_told_at_the_end(tmp_path: Path, collector: Receiver) -> None:
    """Between two collections, as it is with the interval of a minute."""
    wishes = {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": collector.url, "OTEL_METRIC_EXPORT_INTERVAL": SLOW_CLOCK}
    with installed(tmp_path, settings={**IMPATIENT, **wishes}) as server:
        server.start(web=1, workers=1)
        async with server.http() as http:
            await http.post("/runs/wait", json={"assistant_id": "echo", "input": {"said": "hi"}})
        assert received(collector) == []
        for process in [*server.workers, *server.alive("web")]:
            process.terminate()

    assert named(collector, "langgraph.run.duration")[-1].point.count == 1
    assert named(collector, "http.server.request.duration", http__route="/runs/wait")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    measuring.meter.cache_clear()
    yield monkeypatch
    measuring.meter.cache_clear()


def test_nothing_is_measured_unless_a_place_is_named(environment: pytest.MonkeyPatch) -> None:
    assert measuring.meter() is None
    environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    environment.setenv("OTEL_METRICS_EXPORTER", "none")
    assert measuring.meter() is None


def test_an_exporter_that_is_not_known_stops_the_start(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OTEL_METRICS_EXPORTER", "statsd")
    with pytest.raises(ConfigurationError, match="not 'statsd'"):
        measuring.meter()

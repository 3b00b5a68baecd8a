"""A request, its run in another process and the run's nodes are one trace."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from langgraph_server import tracing
from langgraph_server.errors import ConfigurationError
from tests.support.installation import IMPATIENT, Installation, installed

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path, settings={**IMPATIENT, "OTEL_TRACES_EXPORTER": "console"}) as installation:
        installation.start(web=1, workers=1)
        yield installation


def spans(server: Installation, process: str) -> list[dict[str, Any]]:
    lines = (line for each in server.alive(process) for line in each.log.read_text().splitlines())
    return [orjson.loads(line) for line in lines if line.startswith('{"name":')]


async def test_the_context_goes_from_the_request_through_the_row_to_the_nodes(server: Installation) -> None:
    asked = {"assistant_id": "approval", "input": {"topic": "canary"}}
    async with server.http() as http:
        thread_id = (await http.post("/threads", json={})).json()["thread_id"]
        headers = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
        run = (await http.post(f"/threads/{thread_id}/runs", json=asked, headers=headers)).json()
        await http.get(f"/threads/{thread_id}/runs/{run['run_id']}/join")
    server.until(lambda: any(span["name"] == "run approval" for span in spans(server, "worker")))

    (request,) = [span for span in spans(server, "web") if span["context"]["trace_id"].endswith(TRACE)]
    ours = [span for span in spans(server, "worker") if span["context"]["trace_id"] == request["context"]["trace_id"]]
    (execution,) = [span for span in ours if span["name"] == "run approval"]
    nodes = [span for span in ours if span["name"].startswith("node ")]
    assert (request["name"], request["parent_id"]) == ("POST", f"0x{CALLER}")
    assert request["attributes"]["http.response.status_code"] == 200
    assert execution["parent_id"] == request["context"]["span_id"]
    assert execution["attributes"]["run_id"] == run["run_id"]
    assert nodes
    assert {span["parent_id"] for span in nodes} == {execution["context"]["span_id"]}
    assert {span["status"]["status_code"] for span in nodes} == {"UNSET"}
    assert "canary" not in orjson.dumps(ours).decode()


async def test_lines_that_know_nothing_of_a_run_say_which_it_was(server: Installation) -> None:
    async with server.http() as http:
        thread_id = (await http.post("/threads", json={})).json()["thread_id"]
        asked = {"assistant_id": "failing", "input": {}}
        run = (await http.post(f"/threads/{thread_id}/runs", json=asked)).json()
        await http.get(f"/threads/{thread_id}/runs/{run['run_id']}/join")
    (worker,) = server.workers
    lines = [line for line in worker.log.read_text().splitlines() if '"message":"graph raised"' in line]

    (line,) = map(orjson.loads, lines)
    assert (line["run_id"], line["thread_id"], line["attempt"]) == (run["run_id"], thread_id, 1)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    tracing.tracer.cache_clear()
    yield monkeypatch
    tracing.tracer.cache_clear()


def test_nothing_is_traced_unless_a_place_is_named(environment: pytest.MonkeyPatch) -> None:
    assert tracing.tracer() is None
    assert tracing.carried({"traceparent": "00-1"}) == {}
    assert tracing.correlation() == {}


def test_an_exporter_that_is_not_known_stops_the_start(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OTEL_TRACES_EXPORTER", "zipkin")
    with pytest.raises(ConfigurationError, match="not 'zipkin'"):
        tracing.tracer()


def test_a_line_that_is_logged_in_a_span_says_so(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OTEL_TRACES_EXPORTER", "console")
    ours = tracing.tracer()
    assert ours is not None
    with ours.start_as_current_span("work") as span:
        told = tracing.correlation()
    assert tracing.header_of(span).startswith(f"00-{told['trace_id']}-{told['span_id']}-")
    assert tracing.correlation() == {}

"""`/metrics`: what was counted and how the installation stands, for Prometheus or as JSON."""

import logging
from collections.abc import Iterator
from typing import Any

from django.db import InterfaceError, OperationalError
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from langgraph_server import figures
from langgraph_server.api.counting import counted
from langgraph_server.figures import PENDING, READY, Figures
from runs.standing import Standing

logger = logging.getLogger(__name__)

QUEUED = (*READY, Standing.BLOCKED)
RUNNING = (Standing.RUNNING, Standing.STUCK)


class Installation(Collector):
    def __init__(self, read: Figures | None, version: str) -> None:
        self.read = read
        self.version = version

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("target", "The server.", {"service_name": "langgraph-server", "version": self.version})
        yield gauge("lg_api_database_up", "Whether the database answers.", float(self.read is not None))
        if self.read is not None:
            yield from of_runs(self.read)
            yield from of_workers(self.read)
            yield from of_others(self.read)
            yield from of_graphs(self.read)


def of_runs(read: Figures) -> Iterator[Metric]:
    labels = ("queue", "state")
    count = GaugeMetricFamily("lg_api_runs", f"Active runs, to {figures.MOST}.", labels=labels)
    oldest = GaugeMetricFamily("lg_api_runs_oldest_seconds", "How long the first is due.", labels=labels)
    for group in read.runs:
        count.add_metric([group.queue, group.standing], group.count)
        oldest.add_metric([group.queue, group.standing], figures.longest(group.ages) or 0)
    yield count
    yield oldest
    yield gauge("lg_api_num_pending_runs", "Runs that wait.", read.pending(*PENDING))
    yield gauge("lg_api_num_running_runs", "Runs that are executed.", read.pending(*RUNNING))
    ages = read.ages(*QUEUED)
    yield gauge("lg_api_pending_runs_wait_time_max", "Seconds.", figures.longest(ages) or 0)
    yield gauge("lg_api_pending_runs_wait_time_med", "Seconds.", figures.middle(ages) or 0)


def of_workers(read: Figures) -> Iterator[Metric]:
    most, active = room(read)
    yield gauge("lg_api_workers_processes", "Worker processes.", len(read.workers))
    yield gauge("lg_api_workers_max", "Runs that all workers have room for.", most)
    yield gauge("lg_api_workers_active", "Runs they hold.", active)
    yield gauge("lg_api_workers_available", "Room for more.", max(0, most - active))


def of_others(read: Figures) -> Iterator[Metric]:
    deliveries = GaugeMetricFamily("lg_api_deliveries", "Webhooks by state.", labels=("state",))
    for state, count in read.deliveries.items():
        deliveries.add_metric([state], count)
    yield deliveries
    yield gauge("lg_api_deliveries_oldest_seconds", "How long the first is due.", read.oldest_delivery)
    yield gauge("lg_api_cron_lag_seconds", "How late the latest cron is.", read.cron_lag)


def of_graphs(read: Figures) -> Iterator[Metric]:
    waits = HistogramMetricFamily("lg_api_run_wait_seconds", "From being due to a claim.", labels=("graph",))
    spans = HistogramMetricFamily("lg_api_run_duration_seconds", "From the last claim to the end.", labels=("graph",))
    for graph, pace in read.paces.items():
        for family, histogram in ((waits, pace.waits), (spans, pace.spans)):
            family.add_metric([graph], histogram.cumulative(), histogram.total)
    yield waits
    yield spans


def gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value)


def room(read: Figures) -> tuple[int, int]:
    return sum(worker.slots for worker in read.workers), sum(worker.runs for worker in read.workers)


def read_rows() -> Figures | None:
    """None while the database is away; what was counted is told all the same."""
    try:
        return figures.read()
    except (OperationalError, InterfaceError) as error:
        logger.warning("no figures read", extra={"error": str(error)})
        return None


def text(version: str) -> bytes:
    standing = CollectorRegistry()
    standing.register(Installation(read_rows(), version))
    return generate_latest(counted()) + generate_latest(standing)


def document() -> dict[str, Any]:
    read = read_rows()
    told: dict[str, Any] = {"database": read is not None, "api": http()}
    return told if read is None else {**told, **standing_of(read)}


def standing_of(read: Figures) -> dict[str, Any]:
    most, active = room(read)
    ages = read.ages(*QUEUED)
    return {
        "queue": {
            "n_pending": read.pending(*PENDING),
            "pending_runs_wait_time_max_secs": figures.longest(ages),
            "pending_runs_wait_time_med_secs": figures.middle(ages),
            "pending_unblocked_runs_wait_time_max_secs": figures.longest(read.ages(*READY)),
            "n_running": read.pending(*RUNNING),
            "states": [{"queue": group.queue, "state": group.standing, "count": group.count} for group in read.runs],
        },
        "workers": {
            "max": most,
            "active": active,
            "available": max(0, most - active),
            "processes": len(read.workers),
        },
        "deliveries": {**read.deliveries, "oldest_secs": read.oldest_delivery},
        "crons": {"lag_secs": read.cron_lag},
    }


def http() -> dict[str, Any]:
    requests, latency, streams = [], [], {}
    for metric in counted().collect():
        for sample in metric.samples:
            if sample.name == "lg_api_http_requests_total":
                labels = {**sample.labels, "status": status_of(sample.labels["status"])}
                requests.append({**labels, "count": int(sample.value)})
            elif sample.name in {"lg_api_http_requests_latency_sum", "lg_api_http_requests_latency_count"}:
                latency.append({**sample.labels, sample.name.rpartition("_")[2]: sample.value})
            elif sample.name == "lg_api_streams_open":
                streams[sample.labels["kind"]] = int(sample.value)
    return {"http_requests_total": requests, "http_requests_latency": merged(latency), "streams_open": streams}


def merged(samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sum and count of one route side by side."""
    together: dict[tuple[str, str], dict[str, Any]] = {}
    for sample in samples:
        together.setdefault((sample["method"], sample["path"]), {}).update(sample)
    return list(together.values())


def status_of(label: str) -> int | None:
    return int(label) if label.isdecimal() else None

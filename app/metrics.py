"""What the process counts and times for Prometheus, in a registry of its own.

Names and units follow https://prometheus.io/docs/practices/naming/: seconds, `_total` for counters.
Labels have few values: a route's template and never its address, an action's name, a state.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
WRITE_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)

Read = Callable[[], float]


class Metrics:
    """One process's counters. Cheap enough for every request: an observation is microseconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._now = _Now()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.registry.register(self._now)
        self._requests = Counter(
            "http_requests",
            "Requests that were answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._request_s = Histogram(
            "http_request_seconds",
            "From the request's arrival to the end of its answer.",
            ["method", "route"],
            buckets=REQUEST_S,
            registry=self.registry,
        )
        self._writes = Counter(
            "db_writes",
            "Actions by how they ended: done, refused (by a rule), failed.",
            ["action", "outcome"],
            registry=self.registry,
        )
        self._write_s = Histogram(
            "db_write_seconds",
            "From asking for an action to its commit, waiting in line included.",
            ["action"],
            buckets=WRITE_S,
            registry=self.registry,
        )
        self._batch = Histogram(
            "db_commit_actions",
            "Actions that shared one commit.",
            buckets=BATCHES,
            registry=self.registry,
        )
        self._restarts = Counter(
            "worker_restarts",
            "Times a worker broke and was started again.",
            ["worker"],
            registry=self.registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is its template, such as /api/v1/customers/{id}."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_s.labels(method, route).observe(seconds)

    def wrote(self, action: str, seconds: float, outcome: str) -> None:
        """An action ended, `seconds` after it was asked for: "done", "refused" or "failed"."""
        self._writes.labels(action, outcome).inc()
        self._write_s.labels(action).observe(seconds)

    def committed(self, actions: int) -> None:
        """So many actions shared a commit."""
        self._batch.observe(actions)

    def restarted(self, worker: str) -> None:
        """A worker broke and starts again."""
        self._restarts.labels(worker).inc()

    def watch(self, name: str, meaning: str, read: Read, *, counter: bool = False) -> None:
        """Ask `read` for a number at each scrape: a gauge, or a counter kept elsewhere."""
        self._now.watched[name] = (meaning, read, counter)

    def page(self, figures: Iterable["Figure"] = ()) -> bytes:
        """Everything in Prometheus' text format, with figures that were read for this scrape."""
        scraped = CollectorRegistry()
        scraped.register(_Given([figure.family() for figure in figures]))
        return generate_latest(self.registry) + generate_latest(scraped)


class Figure:
    """A gauge read from the database: `values` by the values of its labels."""

    def __init__(
        self, name: str, meaning: str, labels: tuple[str, ...], values: Mapping[Any, float]
    ) -> None:
        self._name, self._meaning, self._labels, self._values = name, meaning, labels, values

    def family(self) -> Metric:
        """The same for the client library."""
        family = GaugeMetricFamily(self._name, self._meaning, labels=self._labels)
        for key, value in self._values.items():
            labels = key if isinstance(key, tuple) else (key,)
            family.add_metric([str(part) for part in labels], value)
        return family


class _Now:
    """Numbers that live elsewhere in the process and are asked for at each scrape."""

    def __init__(self) -> None:
        self.watched: dict[str, tuple[str, Read, bool]] = {}

    def collect(self) -> Iterable[Metric]:
        for name, (meaning, read, counter) in self.watched.items():
            family = CounterMetricFamily if counter else GaugeMetricFamily
            yield family(name, meaning, value=read())

    def describe(self) -> Iterable[Metric]:
        return ()


class _Given:
    """Families that were made already."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families

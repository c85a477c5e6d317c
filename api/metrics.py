"""Metrics for operators, in the text format of Prometheus.

Rules: labels come from closed sets (route templates, methods, classes of status), so no caller can make new series.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

MEDIA_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


@dataclass(slots=True)
class Metrics:
    """The counts of one process."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    requests: Counter = field(init=False)
    seconds: Histogram = field(init=False)
    log_size: Gauge = field(init=False)
    certificates: Counter = field(init=False)
    _known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Register every series."""
        self.requests = Counter(
            "oreprint_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram("oreprint_request_seconds", "Time to an answer.", ("route",), registry=self.registry)
        self.log_size = Gauge("oreprint_log_entries", "Entries of the log at the last look.", registry=self.registry)
        self.certificates = Counter("oreprint_certificates", "Certificates issued here.", registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        place = (method, route, status // 100)
        if place not in self._known:
            self._known[place] = self.requests.labels(method, route, f"{status // 100}xx"), self.seconds.labels(route)
        count, time = self._known[place]
        count.inc()
        time.observe(seconds)

    def text(self) -> bytes:
        """Return all series."""
        return generate_latest(self.registry)

"""Metrics for operators, in the text format of Prometheus.

Rules: labels come from closed sets (route templates, methods, classes of status), so no caller can make new series.
"""

# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)

from __future__ import annotations

import resource
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from ledger.files.cache import fills

MEDIA_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


PACKAGES: Final = ("schemas", "ledger", "api")
"""The packages whose caches are told."""


class MemorySeries(Collector):
    """The memory of this process, and how full its caches are, at the moment of asking."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the series."""
        own = GaugeMetricFamily("oreprint_memory_bytes", "Memory of this process that is resident.")
        own.add_metric((), resident_bytes())
        yield own
        held = {
            in_bytes: GaugeMetricFamily(name, told, labels=("cache",))
            for in_bytes, name, told in (
                (True, "oreprint_cache_bytes", "What a cache holds, about."),
                (False, "oreprint_cache_values", "Values that a cache holds."),
            )
        }
        sums = defaultdict[tuple[bool, str], int](int)
        for each in fills(*PACKAGES):  # registries that one process serves have caches of the same names
            sums[each.in_bytes, each.name] += each.held
        for (in_bytes, name), amount in sums.items():
            held[in_bytes].add_metric((name,), amount)
        yield from held.values()


def resident_bytes() -> int:
    """Return the memory of this process that is resident; 0 where the system does not tell it as Linux does."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()


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
        self.registry.register(MemorySeries())
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

"""Figures for Prometheus: what waits, what reading costs, drift, what is to be reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from extractor.certificate import SHIPPED, load_certificate
from extractor.certificate.drift import Doubt
from service.repository import figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric

    from service.service import Service

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The figures of this server, and those of the archive, which all servers share."""

    def __init__(self, service: Service) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(Archive(service))
        self._requests = Histogram(
            "extractor_http_seconds", "Time to answer a request", ["method", "route"],
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self._answers = Counter(
            "extractor_http_answers", "Answers", ["status"], registry=self.registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts an answer."""
        self._requests.labels(method, route).observe(seconds)
        self._answers.labels(str(status)).inc()

    def text(self) -> bytes:
        """All of them, in the text format of Prometheus."""
        return generate_latest(self.registry)


class Archive(Collector):
    """What the database knows, asked for when somebody looks."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._looked_at: Mapping[str, tuple[float, ...]] = {}
        self._drifted: set[str] = set()

    def collect(self) -> Iterator[Metric]:
        """All families."""
        with self._service.database.read() as session:
            found = figures.gathered(session, self._service.settings.lease_s)
            doubts = figures.recent_doubts(session)
        states = GaugeMetricFamily("extractor_documents", "Documents by state", labels=["state"])
        for state, count in found.states.items():
            states.add_metric([state], count)
        yield states
        yield _gauge("extractor_queue_depth", "Files that wait to be read", found.queued)
        yield _gauge("extractor_queue_age_seconds", "How long the first one waits", found.waiting_s)
        yield _gauge("extractor_workers", "Workers that are alive", found.workers)
        yield _gauge("extractor_review_load", "Fields that need review", found.needs_review)
        yield _gauge("extractor_broken_relations", "Relations that do not hold", found.broken)
        yield _gauge("extractor_erasures", "Files that wait to be removed", found.erasures)
        pages = CounterMetricFamily("extractor_pages_read", "Pages read")
        pages.add_metric([], found.pages)
        yield pages
        cost = HistogramMetricFamily("extractor_page_seconds", "Seconds that a page took to read")
        cost.add_metric([], buckets=found.page_seconds, sum_value=found.seconds)
        yield cost
        yield from self._drift(doubts)

    def _drift(self, doubts: Mapping[str, tuple[float, ...]]) -> Iterator[Metric]:
        doubt = GaugeMetricFamily(
            "extractor_doubt",
            "Share of fields that the last readings expect to be wrong, by quality of the page",
            labels=["band"],
        )
        drift = GaugeMetricFamily(
            "extractor_confidence_drift",
            "1 where documents read worse than those that the certificate was made with",
            labels=["band"],
        )
        worse = self._worse(doubts)
        for band, values in sorted(doubts.items()):
            doubt.add_metric([band], sum(values) / len(values))
            drift.add_metric([band], float(band in worse))
        yield doubt
        yield drift

    def _worse(self, doubts: Mapping[str, tuple[float, ...]]) -> set[str]:
        """The certified bands that have drifted; computed where there is something new."""
        if doubts != self._looked_at:
            path = self._service.options.certificate or SHIPPED
            seen = [
                Doubt.model_validate({"document": "", "band": band, "doubt": value})
                for band, values in doubts.items()
                for value in values
            ]
            self._drifted = {str(band) for band in load_certificate(path).drifted(seen)}
            self._looked_at = doubts
        return self._drifted


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)

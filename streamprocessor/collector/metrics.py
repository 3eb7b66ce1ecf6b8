"""What Prometheus sees of a collector. Labels are bounded: routes, codes and sources, never what visitors send."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from streamprocessor.process.telemetry.build_info import tell_version

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """All series of a collector on a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        tell_version(registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"leadscore_collector_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"leadscore_collector_{name}", text, registry=registry)

        self.requests = counter("requests_total", "Requests answered", "route", "status")
        self.request_duration = Histogram(
            "leadscore_collector_request_duration_seconds",
            "From the whole request to its answer",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.accepted = counter("entries_accepted_total", "Records that are safe, by topic", "topic")
        self.source_events = counter(
            "source_events_total", "Records that are safe, by the name of their key or mail provider", "source"
        )
        self.rejected = counter("items_rejected_total", "Items of requests that were not taken", "reason")
        self.mended = counter("json_mended_total", "Texts of JSON that were read in a second try, by reason", "reason")
        self.placeholder_ids = counter(
            "placeholder_ids_total", "Ids that stand for nobody, of what was taken under another", "route"
        )
        self.forbidden = counter("forbidden_total", "Records that their key may not send", "door", "key", "act")
        self.lost = counter("entries_not_kept_total", "Records that were neither in Kafka nor on disk", "route")
        self.spool_bytes = gauge("spool_bytes", "Bytes on disk that are not in Kafka yet")
        self.spool_age = gauge("spool_age_seconds", "Age of the oldest entry on disk that is not in Kafka yet")
        self.spool_damaged = gauge("spool_damaged_bytes", "Bytes of the spool that could not be read since the start")
        self.is_spooling = gauge("spooling", "1 while entries go to disk, 0 while they go to Kafka")
        self.round_size = Histogram(
            "leadscore_collector_round_records",
            "Records committed together",
            buckets=(1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000),
            registry=registry,
        )

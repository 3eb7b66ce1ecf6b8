"""What Prometheus sees of the read model and its API. Labels are bounded: routes, codes, topics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from streamprocessor.process.telemetry.build_info import tell_version

_SECONDS = (0.001, 0.005, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


class Metrics:
    """All series of an api process, on a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        tell_version(registry)
        self.requests = Counter(
            "leadscore_api_requests_total", "Requests answered", ("route", "status"), registry=registry
        )
        self.request_duration = Histogram(
            "leadscore_api_request_duration_seconds",
            "From the whole request to its answer",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.audit_failures = Counter(
            "leadscore_api_audit_failures_total", "Requests that the audit could not keep", registry=registry
        )
        self.streams = Gauge("leadscore_api_streams", "Clients that follow hot leads", registry=registry)
        self.projected = Counter(
            "leadscore_read_model_records_total", "Records projected into the tables", ("topic",), registry=registry
        )
        self.behind = Gauge(
            "leadscore_read_model_behind_records", "Offsets between the tables and Kafka", registry=registry
        )
        self.contacts = Gauge(
            "leadscore_read_model_contacts",
            "Contacts in the tables by stage, of the scores that have stages",
            ("score", "stage"),
            registry=registry,
        )
        self.batch_duration = Histogram(
            "leadscore_read_model_batch_duration_seconds",
            "From records to a committed transaction",
            buckets=_SECONDS,
            registry=registry,
        )

"""What Prometheus sees of delivery. Labels are bounded: results and reasons, never a contact or an address."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from streamprocessor.process.telemetry.build_info import tell_version

_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 270_000.0)


class Metrics:
    """All series of a delivery process on a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        tell_version(registry)
        self.deliveries = Counter(
            "leadscore_webhook_deliveries_total",
            "Attempts by what came of them: delivered, failed (and tried again), undeliverable",
            ("result",),
            registry=registry,
        )
        self.endpoint_deliveries = Counter(
            "leadscore_webhook_endpoint_deliveries_total",
            "Attempts of each subscription by what came of them; of one that ended no more",
            ("subscription", "result"),
            registry=registry,
        )
        self.age = Histogram(
            "leadscore_webhook_delivery_age_seconds",
            "From the instant of the announcement to its delivery",
            buckets=_SECONDS,
            registry=registry,
        )
        self.waiting = Gauge(
            "leadscore_webhook_waiting", "Deliveries in memory that wait or are sent", registry=registry
        )
        self.oldest_waiting = Gauge(
            "leadscore_webhook_oldest_waiting_seconds",
            "How long the delivery has waited that waits the longest; 0: none waits",
            registry=registry,
        )
        self.disabled = Gauge("leadscore_webhook_subscriptions_disabled", "Endpoints that are gone", registry=registry)
        self.recipients_refused = Counter(
            "leadscore_mail_recipients_refused_total",
            "Recipients refused for good of mails that others got",
            registry=registry,
        )
        self.skipped = Counter("leadscore_webhook_skipped_total", "Records that are no announcement", registry=registry)
        self.people_behind = Gauge(
            "leadscore_webhook_people_behind_records",
            "Records of the contacts' changelog still to be read, where filters or wording ask about people",
            registry=registry,
        )
        self.people_wait = Histogram(
            "leadscore_webhook_people_wait_seconds",
            "How long announcements wait until the changelog of their contacts is read",
            buckets=_SECONDS,
            registry=registry,
        )

    def count(self, subscription: str, result: str, deliveries: int = 1) -> None:
        """Count so many of a subscription's deliveries with this result."""
        self.deliveries.labels(result).inc(deliveries)
        self.endpoint_deliveries.labels(subscription, result).inc(deliveries)

    def forget(self, subscription: str) -> None:
        """Tell nothing more of a subscription that ended."""
        self.endpoint_deliveries.remove_by_labels({"subscription": subscription})

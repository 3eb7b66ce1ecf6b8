"""What Prometheus sees of a shadow. Labels are bounded: scores of the models, and the two sides."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, disable_created_metrics

from streamprocessor.process.telemetry.build_info import tell_version
from streamprocessor.shadow.comparison import SIDES, TableComparison
from streamprocessor.shadow.hot_lead_count import HotLeadCount
from streamprocessor.shadow.lag import GroupLag


class Metrics:
    """All series of a shadow process on a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        tell_version(registry)
        self._contacts = Gauge(
            "leadscore_shadow_contacts",
            "Contacts by whether both models put them in the same stage of a score: same, other",
            ("score", "stage"),
            registry=registry,
        )
        self._hot_alone = Gauge(
            "leadscore_shadow_hot_alone_contacts",
            "Contacts that are hot by one model alone: live, shadow",
            ("side",),
            registry=registry,
        )
        self._hot_leads = Gauge(
            "leadscore_shadow_hot_leads",
            "Hot leads that each model announced since the candidate began: live, shadow",
            ("side",),
            registry=registry,
        )
        self._lag_records = Gauge(
            "leadscore_shadow_lag_records", "Records that the candidate has not scored yet", registry=registry
        )
        self._lag_seconds = Gauge(
            "leadscore_shadow_lag_seconds", "How far the candidate is behind what came in", registry=registry
        )

    def tell(self, comparison: TableComparison, hot_leads: tuple[HotLeadCount, HotLeadCount], lag: GroupLag) -> None:
        """Tell a comparison as it is by now."""
        self._contacts.clear()
        for score, agreement in comparison.agreement().items():
            self._contacts.labels(score, "same").set(agreement.agree)
            self._contacts.labels(score, "other").set(agreement.disagree)
        for side, name in SIDES.items():
            self._hot_alone.labels(name).set(comparison.hot_by_one_alone(side))
            self._hot_leads.labels(name).set(hot_leads[side].count)
        self._lag_records.set(lag.records)
        self._lag_seconds.set(lag.seconds)

    def forget(self) -> None:
        """Tell nothing more of a candidate that ended."""
        for gauge in (self._contacts, self._hot_alone, self._hot_leads):
            gauge.clear()
        self._lag_records.set(0)
        self._lag_seconds.set(0)

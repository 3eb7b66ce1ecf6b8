"""What Prometheus sees of a worker. Labels are bounded: never a contact, an event or an offset."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from streamprocessor.process.telemetry.weighted_histogram import WeightedHistogram

_PART_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_AGE_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 600.0, 3600.0)
_LATENESS_SECONDS = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 60.0, 600.0)
_SIZES = (1, 10, 100, 1_000, 2_000, 5_000, 10_000, 20_000)


@contextmanager
def warnings_counted(logger: logging.Logger, counter: Counter) -> Iterator[None]:
    """Count what the logger warns of, whatever level is logged: a client says what it retries in its log alone."""

    def count(record: logging.LogRecord) -> bool:
        counter.inc()
        return parent is None or record.levelno >= parent.getEffectiveLevel()

    parent, level = logger.parent, logger.level
    logger.setLevel(logging.WARNING)
    logger.addFilter(count)
    try:
        yield
    finally:
        logger.removeFilter(count)
        logger.setLevel(level)


class Metrics:
    """All series of a worker on a registry of its own, so that several can live in one process."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"leadscore_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"leadscore_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"leadscore_{name}", text, labels, buckets=buckets, registry=registry)

        self.events_consumed = counter("events_consumed_total", "Facts decoded and scored", "topic", "type")
        self.events_skipped = counter("events_skipped_total", "Records not scored, by reason", "reason")
        self.events_dead_lettered = counter(
            "events_dead_lettered_total", "Records sent to dead-letters", "topic", "reason"
        )
        self.events_mended = counter("events_mended_total", "Records read in a second try, by reason", "reason")
        self.events_misplaced = counter(
            "events_misplaced_total", "Records handed over to the partitions of their contacts", "topic"
        )
        self.events_retained = counter(
            "events_read_again_total", "Retained events read again for a new model, by what became of them", "result"
        )
        self.announcements = counter("announcements_total", "Announcements acknowledged", "topic", "cause")
        self.event_age = WeightedHistogram(
            "leadscore_event_age_seconds", "From arrival to acknowledged output", _AGE_SECONDS, registry
        )
        self.batch_duration = histogram("batch_duration_seconds", "Parts of a micro-batch", _PART_SECONDS, "stage")
        self.batch_size = histogram("batch_size_events", "Records merged into one micro-batch", _SIZES)
        self.lag_records = gauge("consumer_lag_records", "Records not yet applied", "topic", "partition")
        self.lag_seconds = gauge("consumer_lag_seconds", "Now less the partition's time, at the worst partition")
        self.partitions = gauge("partitions", "Partition numbers of the input topics")
        self.partition_owned = gauge("partition_owned", "1 at the worker that has the partition", "partition")
        self.partition_lag_seconds = gauge("partition_lag_seconds", "Now less the partition's time", "partition")
        self.committed_offset = gauge("committed_offset", "Last committed offset", "topic", "partition")
        self.commit_failures = counter("commit_failures_total", "Offset commits that failed")
        self.rebalances = counter("rebalances_total", "Rebalances seen")
        self.rebalance_duration = histogram("rebalance_duration_seconds", "From revoke to ready", _LATENESS_SECONDS)
        self.recovery_remaining = gauge("recovery_remaining_records", "Changelog offsets still to read")
        self.recovery_duration = gauge("recovery_duration_seconds", "Length of the last recovery")
        self.table_contacts = gauge("table_contacts", "Contacts in the table", "partition")
        self.table_bytes = gauge("table_bytes", "Bytes of all records in the table")
        self.timers_pending = gauge("timers_pending", "Contacts with an armed timer")
        self.timers_fired = counter("timers_fired_total", "Contacts looked at because time had come")
        self.timer_lateness = histogram(
            "timer_lateness_seconds", "From a step's instant to its announcement", _LATENESS_SECONDS
        )
        self.hot_contacts = gauge("hot_contacts", "Contacts in the hot stage or above", "score")
        self.stage_transitions = counter("stage_transitions_total", "Announced changes of stage", "score", "to")
        self.produce_errors = counter("produce_errors_total", "Refused produce requests, retried ones too")
        self.evidence_capped = counter(
            "evidence_capped_total", "Events folded, verdicts and attributes dropped early by the caps"
        )
        self.values_cut = counter("values_cut_total", "Matches and announced scores that were too large", "what")
        self.values_forgotten = counter("values_forgotten_total", "Values of `by` scores dropped: there were too many")
        self.identity_conflicts = counter(
            "identity_conflicts_total", "Known contacts that claim a mail address which another one has"
        )
        self.clock_skew = gauge("clock_skew_seconds", "The broker's clock less ours, measured every minute")
        self.build_info = gauge("build_info", "1, with what runs", "version", "model", "revision")

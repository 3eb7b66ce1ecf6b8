"""What Prometheus sees of micro-batches, counted once a micro-batch, never once an event."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from streamprocessor.stream.metrics import Metrics
from streamprocessor.stream.partition.batch import Batch
from streamprocessor.stream.partition.microbatch_result import MicrobatchResult

MOST_TYPES = 50


class MicrobatchMetrics:
    """Turns results of micro-batches into metrics."""

    def __init__(self, metrics: Metrics, topic_names: Mapping[int, str]) -> None:
        """Label counts with these names, the contract's short ones by topic number."""
        self._metrics = metrics
        self._topic_names = topic_names
        self._types: set[str] = set()
        self._durations = {
            stage: metrics.batch_duration.labels(stage) for stage in ("compute", "changelog", "announcements")
        }

    def observe_durations(self, compute_seconds: float, changelog_seconds: float, announcements_seconds: float) -> None:
        """Note how long the parts of a micro-batch took."""
        self._durations["compute"].observe(compute_seconds)
        self._durations["changelog"].observe(changelog_seconds)
        self._durations["announcements"].observe(announcements_seconds)

    def count_input(self, batches: Sequence[Batch], result: MicrobatchResult) -> None:
        """Note a micro-batch of input records, once it is acknowledged."""
        metrics = self._metrics
        metrics.batch_size.observe(sum(len(batch.records) for batch in batches))
        for batch in batches:
            metrics.event_age.observe(max(0.0, time.time() - batch.records[0].timestamp / 1000))
        for (number, kind), count in result.consumed.items():
            metrics.events_consumed.labels(self._topic_names[number], self._bounded(kind)).inc(count)
        for reason, count in result.skipped.items():
            metrics.events_skipped.labels(reason).inc(count)
        for (number, reason), count in result.dead.items():
            metrics.events_dead_lettered.labels(self._topic_names[number], reason).inc(count)
        metrics.evidence_capped.inc(result.capped)
        metrics.values_forgotten.inc(result.forgotten)
        self._announced(result)

    def count_timers(self, looked_at: int, result: MicrobatchResult) -> None:
        """Note a micro-batch that time or a model made."""
        now_seconds = time.time()
        self._metrics.timers_fired.inc(looked_at)
        for at_ms in result.steps_by_time_ms:
            self._metrics.timer_lateness.observe(max(0.0, now_seconds - at_ms / 1000))
        self._announced(result)

    def _announced(self, result: MicrobatchResult) -> None:
        for what, count in result.cut.items():
            self._metrics.values_cut.labels(what).inc(count)
        for (topic, cause), count in result.announced.items():
            self._metrics.announcements.labels(topic, cause).inc(count)
        for (score, stage), count in result.transitions.items():
            self._metrics.stage_transitions.labels(score, stage).inc(count)

    def _bounded(self, kind: str) -> str:
        """The event's type as a label; a stream of invented types must not become a stream of series."""
        if kind not in self._types:
            if len(self._types) >= MOST_TYPES:
                return "other"
            self._types.add(kind)
        return kind

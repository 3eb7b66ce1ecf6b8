"""What Prometheus sees of micro-batches, counted once a micro-batch, never once an event."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence

from streamprocessor.catalogue.rule_watch import asked_types
from streamprocessor.kafka.partitioner import PARTITIONER
from streamprocessor.scoring.model.model import Model
from streamprocessor.stream.metrics import Metrics
from streamprocessor.stream.partition.batch import Batch, RawRecord
from streamprocessor.stream.partition.microbatch_result import MicrobatchResult

log = logging.getLogger(__name__)

MOST_TYPES = 50
OTHER_TYPES = "other"
NO_TYPES = frozenset({OTHER_TYPES, "link", "update"})
"""What stands among the types of events and is none."""


class MicrobatchMetrics:
    """Turns results of micro-batches into metrics."""

    def __init__(self, metrics: Metrics, topic_names: Mapping[int, str], model: Model) -> None:
        """Label counts with these names, the contract's short ones by topic number, and with the model's types."""
        self._metrics = metrics
        self._topic_names = topic_names
        self._asked_types = asked_types(model)
        self._other_types: set[str] = set()
        self._has_said_what_to_set = False
        self._durations = {
            stage: metrics.batch_duration.labels(stage) for stage in ("compute", "changelog", "announcements")
        }

    def use_model(self, model: Model) -> None:
        """Label counts with the types that this model names from now on."""
        self._asked_types = asked_types(model)

    def observe_durations(self, compute_seconds: float, changelog_seconds: float, announcements_seconds: float) -> None:
        """Note how long the parts of a micro-batch took."""
        self._durations["compute"].observe(compute_seconds)
        self._durations["changelog"].observe(changelog_seconds)
        self._durations["announcements"].observe(announcements_seconds)

    def count_input(self, batches: Sequence[Batch], result: MicrobatchResult) -> None:
        """Note a micro-batch of input records, once it is acknowledged."""
        metrics = self._metrics
        metrics.batch_size.observe(sum(len(batch.records) for batch in batches))
        now_seconds = time.time()
        for batch in batches:
            self._observe_ages(batch.records, now_seconds)
        for (number, kind), count in result.consumed.items():
            metrics.events_consumed.labels(self._topic_names[number], self._bounded(kind)).inc(count)
        for reason, count in result.skipped.items():
            metrics.events_skipped.labels(reason).inc(count)
        for (number, reason), count in result.dead.items():
            metrics.events_dead_lettered.labels(self._topic_names[number], reason).inc(count)
        for reason, count in result.mended.items():
            metrics.events_mended.labels(reason).inc(count)
        for number, count in result.misplaced.items():
            metrics.events_misplaced.labels(self._topic_names[number]).inc(count)
            self._say_what_to_set(self._topic_names[number])
        metrics.evidence_capped.inc(result.capped)
        metrics.values_forgotten.inc(result.forgotten)
        metrics.identity_conflicts.inc(result.conflicts)
        self._announced(result)

    def _observe_ages(self, records: Sequence[RawRecord], now_seconds: float) -> None:
        """Note each record's age: they lie in the order of their arrival."""

        def age_seconds_of(index: int) -> float:
            return max(0.0, now_seconds - records[index].timestamp / 1000)

        self._metrics.event_age.observe_falling(age_seconds_of, 0, len(records))

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

    def _say_what_to_set(self, topic: str) -> None:
        """Say it once: where one record is misplaced, all that the same client sends are."""
        if not self._has_said_what_to_set:
            self._has_said_what_to_set = True
            log.warning(
                "%s: records lie in partitions where their contacts do not belong; they are handed over, a detour "
                "each, and leadscore_events_misplaced_total counts them: wanted keys placed by murmur2, as Kafka's own "
                "client does: set %s in clients built on librdkafka",
                topic,
                PARTITIONER,
            )

    def _bounded(self, kind: str) -> str:
        """The event's type as a label, of types that the model does not name only the first MOST_TYPES.

        A stream of invented types must not become a stream of series, nor keep those out that are asked for.
        """
        if kind in self._asked_types or kind in self._other_types:
            return kind
        if len(self._other_types) >= MOST_TYPES:
            return OTHER_TYPES
        self._other_types.add(kind)
        return kind

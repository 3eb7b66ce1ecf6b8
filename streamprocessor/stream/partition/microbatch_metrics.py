"""What Prometheus and traces see of micro-batches, told once a micro-batch, never once an event."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence

from streamprocessor.catalogue.rule_watch import asked_types
from streamprocessor.contract.messages.traces import RecordTrace, newest
from streamprocessor.contract.traceparents import trace_id_of
from streamprocessor.kafka.partitioner import PARTITIONER
from streamprocessor.process.telemetry.spans import TRACING_OFF, Tracing
from streamprocessor.scoring.model.model import Model
from streamprocessor.stream.metrics import Metrics
from streamprocessor.stream.partition.batch import Batch, RawRecord
from streamprocessor.stream.partition.microbatch_result import MicrobatchResult

log = logging.getLogger(__name__)

STAGES = ("compute", "changelog", "announcements")
"""The parts of a micro-batch, one after the other."""
SLOW_MICROBATCH_SECONDS = 0.2
SLOW_EVENT_SECONDS = 1.0
"""What is as slow is shown with a trace, where one of its events brought one."""
MOST_TYPES = 50
OTHER_TYPES = "other"
NO_TYPES = frozenset({OTHER_TYPES, "link", "update"})
"""What stands among the types of events and is none."""


class MicrobatchMetrics:
    """Turns results of micro-batches into metrics, and into spans where tracing is on."""

    def __init__(
        self, metrics: Metrics, topic_names: Mapping[int, str], model: Model, tracing: Tracing = TRACING_OFF
    ) -> None:
        """Label counts with these names, the contract's short ones by topic number, and with the model's types."""
        self._metrics = metrics
        self._topic_names = topic_names
        self._tracing = tracing
        self._asked_types = asked_types(model)
        self._other_types: set[str] = set()
        self._has_said_what_to_set = False
        self._durations = [metrics.batch_duration.labels(stage) for stage in STAGES]

    def use_model(self, model: Model) -> None:
        """Label counts with the types that this model names from now on."""
        self._asked_types = asked_types(model)

    def observe_durations(self, partition: int, traces: Sequence[RecordTrace], seconds: Sequence[float]) -> None:
        """Note how long each of the STAGES of a micro-batch took, which had records in these traces."""
        exemplar = None
        if traces:
            whole_seconds = sum(seconds)
            own = self._tracing.done(
                "micro-batch",
                [trace.traceparent for trace in traces],
                whole_seconds,
                {
                    "messaging.destination.partition.id": str(partition),
                    **{f"{stage}_seconds": part for stage, part in zip(STAGES, seconds, strict=True)},
                },
            )
            if whole_seconds >= SLOW_MICROBATCH_SECONDS:
                exemplar = {"trace_id": trace_id_of(own or newest(traces))}
        for duration, part in zip(self._durations, seconds, strict=True):
            duration.observe(part, exemplar)

    def count_input(self, batches: Sequence[Batch], result: MicrobatchResult) -> None:
        """Note a micro-batch of input records, once it is acknowledged."""
        metrics = self._metrics
        metrics.batch_size.observe(sum(len(batch.records) for batch in batches))
        now_seconds = time.time()
        for batch in batches:
            self._observe_ages(batch.records, now_seconds)
        if result.traces:
            self._exemplify_age(min(result.traces), now_seconds)
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
        for outcome, count in result.retained.items():
            metrics.events_retained.labels(outcome).inc(count)
        metrics.evidence_capped.inc(result.capped)
        metrics.values_forgotten.inc(result.forgotten)
        metrics.identity_conflicts.inc(result.conflicts)
        self._announced(result)

    def _observe_ages(self, records: Sequence[RawRecord], now_seconds: float) -> None:
        """Note each record's age: they lie in the order of their arrival."""

        def age_seconds_of(index: int) -> float:
            return max(0.0, now_seconds - records[index].timestamp / 1000)

        self._metrics.event_age.observe_falling(age_seconds_of, 0, len(records))

    def _exemplify_age(self, oldest: RecordTrace, now_seconds: float) -> None:
        age_seconds = now_seconds - oldest.arrival_ms / 1000
        if age_seconds >= SLOW_EVENT_SECONDS:
            trace_id = trace_id_of(oldest.traceparent)
            self._metrics.event_age.exemplify(age_seconds, {"trace_id": trace_id}, now_seconds)

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
